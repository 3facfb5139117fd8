"""Where a case meets the panel and the network, both ways, and only as far as its organisation consented.

A case that may be shown says which waves its organisation answered (``consent_case``) and which networks and public levels
it is tied to (``consent_network``); beside the graph, each of these leads back to the case. The pseudonym of the unit is
shown nowhere: with it, all its answers could be found in the published panel. Rows of the panel and cases are joined in a
private file alone, for the people who work on both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from panel_eis.tables import escape_markdown

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from panel_eis.cases import Case
    from panel_eis.errors import Lang
    from panel_eis.study import Study

_SAID_YES = ("yes", "True")
_INTRO = {
    "fr": "Des organisations qui y ont consenti racontent leur démarche. Elles sont rangées ici selon les réseaux et les "
    "pouvoirs publics auxquels elles étaient liées à leur dernière réponse.",
    "en": "Organisations that agreed to it tell their practice. They are listed here by the networks and public "
    "authorities they were tied to at their last answer.",
}
_CASE = {"fr": "Cas {}", "en": "Case {}"}


@dataclass(frozen=True)
class Meeting:
    """What may be told of a case and its organisation.

    Attributes
    ----------
    waves
        Waves that it answered; none without consent to cases.
    wave
        Its last wave, whose ties are told; empty without consent to the network.
    bodies
        Kind and code of the networks and public levels it was tied to then.

    """

    waves: tuple[str, ...] = ()
    wave: str = ""
    bodies: tuple[tuple[str, str], ...] = ()


def meetings(study: Study) -> dict[str, Meeting]:
    """Meeting of every case that may be shown, by its identifier."""
    from panel_eis import tied  # noqa: PLC0415  # networkx, when pages are written

    seen = study.table("participation")
    answered = seen[seen["outcome"] == "answered"]
    found, ties = {}, {}
    for case in study.cases:
        in_case, in_network = _consents(case, study)
        waves = tuple(sorted(answered.loc[answered["unit"] == case.unit, "wave"])) if case.unit else ()
        bodies: tuple[tuple[str, str], ...] = ()
        if in_network and waves:
            if waves[-1] not in ties:
                ties[waves[-1]] = tied.ties_of(study, waves[-1])
            own = ties[waves[-1]]
            own = own[(own["unit"] == case.unit) & (own["kind"] != "peer")]
            bodies = tuple(zip(own["kind"], own["body"], strict=True))
        last = waves[-1] if in_network and waves else ""
        found[case.case] = Meeting(waves if in_case else (), last, bodies)
    return found


def _consents(case: Case, study: Study) -> tuple[bool, bool]:
    if not case.unit:
        return False, False
    given = study.register.units.loc[case.unit, ["consent_case", "consent_network"]].astype(str)
    in_case, in_network = given.isin(_SAID_YES)
    return bool(in_case), bool(in_network)


def case_link(case: Case, lang: Lang) -> str:
    """Markdown link to the page of a case, by its number."""
    return f"[{_named(case, lang)}]({case.case.lower()}.qmd)"


def _named(case: Case, lang: Lang) -> str:
    return escape_markdown(_CASE[lang].format(case.case.split("-")[-1]))


def network_fragment(study: Study, met: Mapping[str, Meeting], lang: Lang) -> str:
    """Markdown that stands beside the graph: each body, and the cases of organisations tied to it; blank without any.

    A list with links on the web, one paragraph on paper, where the pages of cases are not.
    """
    from panel_eis.tied import body_labels  # noqa: PLC0415

    labels = body_labels(study, lang)
    tied_to: dict[tuple[str, str], list[Case]] = {}
    for case in study.cases:
        for body in met[case.case].bodies:
            tied_to.setdefault(body, []).append(case)
    names = {body: escape_markdown(labels[body]) for body in labels if body in tied_to}
    if not names:
        return "\n"
    web = [f"{name}\n:   {', '.join(case_link(c, lang) for c in tied_to[b])}\n" for b, name in names.items()]
    colon, between = {"fr": ("\u00a0: ", "\u00a0; "), "en": (": ", "; ")}[lang]
    told = [f"*{name}*{colon}{', '.join(_named(c, lang) for c in tied_to[b])}" for b, name in names.items()]
    paper = f"{between.join(told)}.\n"
    return (
        f'{_INTRO[lang]}\n\n::: {{.content-visible when-format="html"}}\n' + "\n".join(web) + ":::\n\n"
        f'::: {{.content-hidden when-format="html"}}\n{paper}:::\n'
    )


def panel_rows(study: Study, met: Mapping[str, Meeting]) -> pd.DataFrame:
    """Rows of the panel that belong to a case, where its organisation consented to cases: ``case, unit, wave``."""
    import pandas as pd  # noqa: PLC0415  # a build with nothing to do does without

    rows = [(case.case, case.unit, wave) for case in study.cases for wave in met[case.case].waves]
    return pd.DataFrame(rows, columns=["case", "unit", "wave"])
