"""Crossed questions: the share that cites one answer among those who gave another, as a tidy frame and as a matrix."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import pandas as pd

from panel_eis import style
from panel_eis.disclosure import hide_shares
from panel_eis.errors import LANGS
from panel_eis.estimates import weighted_mean
from panel_eis.wording import number

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.figure import Figure

    from panel_eis.codebook import Codebook
    from panel_eis.errors import Lang
    from panel_eis.study import Study

EVERYBODY = "all"
"""Name of the column of everybody who answered both questions."""

SMALLEST_GROUP = 10
"""Answers that a group needs for its shares to be shown: with fewer, one answer moves a share by ten points."""


def shares_given(rows: pd.DataFrame, of: str, given: str, codebook: Codebook) -> pd.DataFrame:
    """Weighted share of answers that cite each choice of ``of``, among those that cite each choice of ``given``.

    Parameters
    ----------
    rows
        One wave, with ``weight`` and the columns of both questions (indicators of a multiple choice).

    Returns
    -------
    ``given`` (``all`` first), ``choice, share, low, high, cited, n``: n counts, unweighted, those asked both. A share
    is missing, and ``hidden`` true, where n is under ``SMALLEST_GROUP``, or where too few cite the choice or leave it (see
    ``disclosure.hide_shares``).

    """
    choices = [c.name for c in codebook.choices(of)]
    several = codebook[of].kind == "select_multiple"
    asked = rows[rows[f"{of}__{choices[0]}" if several else of].notna()]
    groups: dict[str, pd.Series] = {EVERYBODY: pd.Series(data=True, index=asked.index)} | {
        c.name: _holds(asked, given, c.name, codebook) for c in codebook.choices(given)
    }
    cells = []
    for group, inside in groups.items():
        answers = asked[inside.fillna(value=False).astype(bool)]
        for choice in choices:
            cites = _holds(answers, of, choice, codebook).astype("float64")
            mean = weighted_mean(cites, answers["weight"])
            cells.append(
                {
                    "given": group, "choice": choice, "share": mean["mean"], "low": mean["low"], "high": mean["high"],
                    "cited": int(cites.sum()), "n": len(cites),
                }
            )  # fmt: skip
    frame = hide_shares(
        pd.DataFrame(cells), ["share", "low", "high"], yes="cited", n="n", smallest=SMALLEST_GROUP
    )
    frame[["low", "high"]] = frame[["low", "high"]].clip(0, 1)
    return frame if several else _with_another(frame)


def _with_another(cells: pd.DataFrame) -> pd.DataFrame:
    """Hide a second cell of a group of single choices where one alone is hidden: the shares make 100 %."""
    shown = cells.copy()
    for _, group in cells.groupby("given", sort=False):
        others = group[~group["hidden"] & (group["cited"] > 0)]
        if group["hidden"].sum() == 1 and len(others):
            row = others["cited"].idxmin()
            shown.loc[row, ["share", "low", "high", "cited"]] = float("nan")
            shown.loc[row, "hidden"] = True
    return shown


def _holds(rows: pd.DataFrame, question: str, code: str, codebook: Codebook) -> pd.Series:
    if codebook[question].kind == "select_multiple":
        return rows[f"{question}__{code}"]
    return rows[question] == code


def draw_matrix(
    cells: pd.DataFrame, choices: Mapping[str, str], given: Mapping[str, str], lang: Lang, *, head: str
) -> Figure:
    """Draw the shares as a matrix of numbers in tinted squares, choices down (most cited first), groups across.

    Parameters
    ----------
    cells
        As ``shares_given`` gives them; groups of which more than two thirds are hidden are left out.
    choices, given
        Labels, by code.
    head
        What the columns are.

    """
    everybody = cells[cells["given"] == EVERYBODY].sort_values("share", ascending=False)
    down = list(everybody["choice"])
    across = [g for g in cells["given"].unique() if cells.loc[cells["given"] == g, "hidden"].mean() <= 2 / 3]
    figure, axes = style.new_figure(2.1 + 0.36 * len(down))
    place = {(c["given"], c["choice"]): c for c in cells.to_dict("records")}
    for x, group in enumerate(across):
        for y, choice in enumerate(down):
            cell = place[group, choice]
            shade = 0.0 if cell["hidden"] else min(1.0, cell["share"] / 0.85)
            colour = style.blend(style.BLUE if group != EVERYBODY else style.INK, shade)
            axes.add_patch(style.square(x, y, colour))
            text = "s" if cell["hidden"] else number(cell["share"] * 100, lang)
            axes.text(x, y, text, ha="center", va="center", color=style.text_on(colour), fontsize=10)
    axes.set_xlim(-0.5, len(across) - 0.5)
    axes.set_ylim(len(down) - 0.5, -0.5)
    axes.set_yticks(range(len(down)), [textwrap.fill(choices[c], 24) for c in down], fontsize=10)
    axes.xaxis.tick_top()
    axes.xaxis.set_label_position("top")
    axes.set_xticks(range(len(across)), _columns(across, given, lang), rotation=90, fontsize=9.5)
    axes.set_xlabel(head, labelpad=9)
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    return figure


_ROOM = 8
"""Columns that leave room for a label in two lines."""


def _columns(across: Sequence[str], given: Mapping[str, str], lang: Lang) -> list[str]:
    everybody = {"fr": "Ensemble", "en": "All"}[lang]
    width = 20 if len(across) <= _ROOM else 60
    return [everybody if g == EVERYBODY else textwrap.fill(given[g], width) for g in across]


def strongest(cells: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Give the choice cited most overall, and the cell that stands highest above its row's overall share."""
    everybody = cells[cells["given"] == EVERYBODY].set_index("choice")["share"]
    shown = cells[(cells["given"] != EVERYBODY) & ~cells["hidden"]]
    top = cells[(cells["given"] == EVERYBODY)].sort_values("share", ascending=False).iloc[0]
    gap = shown.assign(gap=shown["share"] - shown["choice"].map(everybody.to_dict()))
    return top, gap.sort_values("gap", ascending=False, kind="stable").iloc[0]


def latest_shares(study: Study, of: str, given: str) -> pd.DataFrame:
    """``shares_given`` at the latest wave of a study."""
    rows = study.select(of, given, "weight")
    return shares_given(rows[rows["wave"] == study.waves[-1]], of, given, study.codebook)


def said_of(cells: pd.DataFrame, study: Study, of: str, given: str) -> dict[str, Any]:
    """Blanks of a caption: the choice cited most, and the cell that stands highest above everybody."""
    top, cell = strongest(cells)
    everybody = cells[cells["given"] == EVERYBODY].set_index("choice")

    def name(question: str, code: str) -> dict[str, str]:
        return {lang: study.codebook.choice_labels(question, lang)[code].lower() for lang in LANGS}

    return {
        "wave": study.waves[-1], "share": cell["share"], "low": cell["low"], "high": cell["high"],
        "choice": name(of, cell["choice"]), "given": name(given, cell["given"]), "top": name(of, top["choice"]),
        "top_share": top["share"], "overall": everybody.loc[cell["choice"], "share"], "n": int(everybody["n"].max()),
    }  # fmt: skip
