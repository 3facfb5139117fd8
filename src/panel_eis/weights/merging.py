"""Raking where some categories have few answers: they are merged with the neighbour that the frame declares.

When all the answers of a category lie in one corner of another margin, no positive weights meet both. Survey practice merges
sparse categories then, and says so. Which ones belong together is a matter of substance: it is declared, in the column
``merge_with`` of ``data/frame.csv``, and never guessed; what is merged is the least that lets the margins be met.

Source: Kalton & Flores-Cervantes (2003), "Weighting methods", Journal of Official Statistics 19, on collapsing cells;
Battaglia, Hoaglin & Frankel (2009), "Practical considerations in raking survey data", Survey Practice 2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from panel_eis.errors import DataError, Problem
from panel_eis.weights.frame import Margins
from panel_eis.weights.impossible import FEW, JOIN
from panel_eis.weights.raking import LARGEST, rake

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from panel_eis.weights.raking import Raked


def rake_by_rule(
    sample: pd.DataFrame,
    margins: Mapping[str, pd.Series],
    *,
    start: pd.Series | None = None,
    largest: float | None = LARGEST,
    where: str = "",
) -> tuple[Raked, list[Problem]]:
    """Rake, merging as declared what has too few answers; parameters as ``raking.rake`` has them.

    A category without any answer is merged with its neighbour from the start; without one, it is left out and its margin
    renormalised. Then, as long as the margins cannot all be met, the category with the fewest answers (under
    ``impossible.FEW``) joins its neighbour.

    Returns
    -------
    What raking gives, and one warning for each set of categories that were merged or left out.

    Raises
    ------
    DataError
        When nothing is left to merge and the margins still cannot be met (``raking.rake``).

    """
    near = margins.merge_with if isinstance(margins, Margins) else {}
    cells, targets = sample[list(margins)].astype(str), dict(margins)
    empty = _sparse(cells, targets, near, fewer=1)
    while empty:
        _merge(cells, targets, *empty, near)
        empty = _sparse(cells, targets, near, fewer=1)
    while True:
        try:
            raked = rake(cells, targets if len(cells) else {}, start=start, largest=largest, where=where)
        except DataError:
            few = _sparse(cells, targets, near, fewer=FEW)
            if few is None:
                raise
            _merge(cells, targets, *few, near)
        else:
            return raked, _told(cells, targets, where)


def _sparse(
    cells: pd.DataFrame, targets: Mapping[str, pd.Series], near: Mapping[tuple[str, str], str], *, fewer: int
) -> tuple[str, str] | None:
    """Margin and category with the fewest answers, among those that have fewer than that and a neighbour to join."""
    counted = [
        (int((cells[margin] == category).sum()), margin, category)
        for margin, target in targets.items()
        for category in target.index
        if _neighbour(target, margin, category, near)
    ]
    n, margin, category = min(counted, default=(fewer, "", ""))
    return (margin, category) if n < fewer else None


def _neighbour(
    target: pd.Series, margin: str, category: str, near: Mapping[tuple[str, str], str]
) -> str | None:
    """The category that a category, or one merged with it, is declared to join, as it stands now."""
    own = category.split(JOIN)
    wanted = [near[margin, code] for code in own if (margin, code) in near]
    return next((c for w in wanted if w not in own for c in target.index if w in c.split(JOIN)), None)


def _merge(
    cells: pd.DataFrame,
    targets: dict[str, pd.Series],
    margin: str,
    category: str,
    near: Mapping[tuple[str, str], str],
) -> None:
    """Merge a category with its neighbour, in place."""
    target = targets[margin]
    other = _neighbour(target, margin, category, near)
    both = JOIN.join(c for c in target.index if c in (category, other))
    cells[margin] = cells[margin].replace({category: both, other: both})
    renamed = target.rename(index={category: both, other: both})
    targets[margin] = renamed.groupby(level=0, sort=False).sum()


def _told(cells: pd.DataFrame, targets: Mapping[str, pd.Series], wave: str) -> list[Problem]:
    """Say which categories were merged, and which no row stands for."""
    problems = []
    for margin, target in targets.items():
        for category in target.index:
            n = int((cells[margin] == category).sum())
            if n == 0 or JOIN in category:
                code = "W-MARGIN-MERGED" if n else "W-MARGIN"
                problems.append(
                    Problem(code, "data/frame.csv", column=margin, value=category, details={"wave": wave})
                )
    return problems
