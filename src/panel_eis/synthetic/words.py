"""Five words that come to mind, and how important each is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from panel_eis.synthetic.streams import choose

if TYPE_CHECKING:
    from collections.abc import Mapping

    from panel_eis.synthetic.interview import Interview
    from panel_eis.synthetic.profile import Answers

TILTS = {
    "field_staff": {
        "temps": 3.0,
        "sens": 2.0,
        "écoute": 2.5,
        "contrôle": 2.0,
        "contrainte": 2.0,
        "récit": 2.0,
    },
    "director": {"preuve": 1.6, "financeurs": 1.6, "reconnaissance": 1.5, "pilotage": 1.8},
    "evaluation_lead": {"indicateurs": 1.8, "méthode": 2.5, "changement": 1.8, "effets": 1.8, "données": 2.0},
    "board": {"utilité": 1.8, "valeur": 1.6, "transparence": 1.6, "démocratie": 2.0},
    "funder": {"indicateurs": 2.5, "comparaison": 3.0, "résultats": 2.0},
}
"""Words said more often in a role (ratio of weights); assumption."""
COMPLEMENTS = (
    "des bénéficiaires",
    "du territoire",
    "de l'équipe",
    "pour les financeurs",
    "dans la durée",
    "au quotidien",
    "à partager",
    "à construire",
    "pour avancer",
    "avec les usagers",
    "des actions",
    "du projet",
    "à long terme",
    "de terrain",
    "pour convaincre",
)


def evocations(interview: Interview, lemmas: Mapping[str, float]) -> Answers:
    """Words in the order they come, with ranks of importance that lean on both order and weight.

    Parameters
    ----------
    interview
        The wave and those who answer.
    lemmas
        Words and weights of ``data/reference/lemmas.csv``.

    """
    rules, n, places = interview.truth.words, interview.n, interview.truth.words.for_each_answer
    known = list(lemmas)
    weights = np.tile(list(lemmas.values()), (n, 1))
    for role, tilts in TILTS.items():
        for word, ratio in tilts.items():
            weights[interview.role == role, known.index(word)] *= ratio
    rng = interview.rng("evocations")
    order = np.argsort(-(np.log(weights) + rng.gumbel(size=weights.shape)), axis=1)[:, :places]
    said = np.asarray(known, dtype=object)[order]
    longer = interview.rng("expressions").random(said.shape) < rules.expressions
    tails = choose(interview.rng("complements"), COMPLEMENTS, np.ones(len(COMPLEMENTS)), said.size).reshape(
        said.shape
    )
    said = np.where(longer, said + " " + tails.astype(object), said)
    fewer = interview.rng("fewer_words").random(n)
    count = np.where(fewer < rules.fewer / 2, places - 2, np.where(fewer < rules.fewer, places - 1, places))
    count = np.where(interview.rng("no_words").random(n) < 0.03, 0, count)
    given = np.arange(places) < count[:, None]
    liking = np.log(np.take_along_axis(weights, order, axis=1)) - 0.35 * np.arange(places)
    liking = np.where(given, liking + interview.rng("importance").gumbel(size=liking.shape), -np.inf)
    rank = np.argsort(np.argsort(-liking, axis=1, kind="stable"), axis=1, kind="stable") + 1
    cells: Answers = {f"evocation{k + 1}": np.where(given[:, k], said[:, k], "") for k in range(places)}
    cells |= {
        f"evocation{k + 1}_importance": np.where(given[:, k], rank[:, k].astype(str), "")
        for k in range(places)
    }
    return cells
