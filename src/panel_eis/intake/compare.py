"""What changed from one wave to another: items, answers, and who answered.

Shifts are standardised differences, so that a share, a grade and an amount are on one scale. For a mean or a share it
is the difference over the root of the mean of the two variances; for an answer with several categories the
Mahalanobis distance of the two vectors of shares (Yang & Dalton 2012, SAS Global Forum, paper 335; R package ``stddiff``).
For two categories both are the same number. By chance alone it is about ``sqrt((k - 1)(1/n_a + 1/n_b))`` with ``k``
categories (``k = 2`` for a mean or a share), which is given beside; what is below it is not listed.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from panel_eis.changes import COMPARABILITY, Change, read_changes
from panel_eis.codebook import read_codebook
from panel_eis.corrections import corrected, read_corrections
from panel_eis.harmonise import harmonise
from panel_eis.intake.checking import chosen
from panel_eis.register import read_register
from panel_eis.waves import find_waves, read_wave

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from panel_eis.codebook import Codebook, Variable
    from panel_eis.harmonise import HarmonisedWave
    from panel_eis.waves import RawWave

THRESHOLD = 0.2
"""Least standardised difference that is shown: a small effect (Cohen 1988); 0.1 is usual for balance in large samples
(Austin 2009, Statistics in Medicine 28), and is what chance gives with 200 answers a wave."""
_LEAST_SHARE = 0.05
"""A share that moves by less is not listed."""
_FEWEST = 5
"""Answers in each wave below which no difference is told."""


@dataclass(frozen=True)
class ItemChange:
    """An item that is not the same in both waves: class of comparability in each, and what else differs."""

    variable: str
    class_a: str
    class_b: str
    recoded: bool
    new_codes: tuple[str, ...]
    note: Mapping[str, str]
    wording: Mapping[str, str]


@dataclass(frozen=True)
class Shift:
    """How far the answers to one question moved.

    Attributes
    ----------
    what
        ``mean`` (numbers and grades), ``share`` (yes, or one choice of several), ``category`` (the one that moved
        most), ``missing`` (share without an answer among those who were asked).
    code
        The choice or category; empty for a mean.
    a, b
        Mean, or share from 0 to 1, in each wave.
    n_a, n_b
        Answers behind them (for ``missing``: answers asked for).
    difference
        Standardised, with the sign of ``b - a`` but for ``category``; infinite where nobody varies within a wave.
    chance
        What chance alone gives, about.
    same_units
        The same among organisations that answered in both waves; ``nan`` with fewer than five.
    comparability
        Worst class of the two waves.

    """

    variable: str
    what: str
    code: str
    a: float
    b: float
    n_a: int
    n_b: int
    difference: float
    chance: float
    same_units: float
    comparability: str


@dataclass(frozen=True)
class WaveDiff:
    """What is different in wave ``b``; ``errors`` counts the faults of each wave, whose answers are left out."""

    a: str
    b: str
    answers: tuple[int, int]
    errors: tuple[int, int]
    added: tuple[str, ...]
    dropped: tuple[str, ...]
    changed: tuple[ItemChange, ...]
    shifts: tuple[Shift, ...]
    compared: int
    threshold: float
    stayed: tuple[str, ...]
    entered: tuple[str, ...]
    left: tuple[str, ...]
    closed: tuple[str, ...]
    back: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """For JSON: numbers that are not finite become null."""
        plain = asdict(self)
        for shift in plain["shifts"]:
            for key, value in shift.items():
                if isinstance(value, float):
                    shift[key] = round(value, 6) if math.isfinite(value) else None
        return plain


def compare_waves(root: Path, a: str, b: str, threshold: float = THRESHOLD) -> WaveDiff:
    """Compare two waves of a project; nothing is built.

    Parameters
    ----------
    root
        The project.
    a, b
        Names of the waves; ``b`` is told as it differs from ``a``.
    threshold
        Least absolute standardised difference that is listed.

    Raises
    ------
    RequestError
        When one of them does not exist.
    DataError
        When a file cannot be read. Answers at fault do not stop the comparison; they are counted and left out.

    """
    codebook = read_codebook(root / "data" / "codebook")
    paths = find_waves(root / "data" / "waves")
    chosen(paths, (a, b))
    corrections = read_corrections(root / "data" / "corrections.csv", list(paths))
    raw = {w: corrected(read_wave(paths[w]), corrections, codebook) for w in paths if w in (a, b) or w < a}
    coded = {w: harmonise(raw[w][0], codebook) for w in raw}
    faults = {w: raw[w][1] + [p for p in coded[w].problems if p.severity == "error"] for w in (a, b)}
    units = {w: set(coded[w].answers["unit"].dropna()) - {""} for w in raw}
    earlier = {u for w in units if w < a for u in units[w]}
    closed = set(read_register(root / "data", codebook).closed_on().index)
    in_a, in_b = (_asked(coded[w], codebook) for w in (a, b))
    shifts = [
        s
        for v in codebook.asked
        if v.name in in_a and v.name in in_b
        for s in _shifts(v, coded[a], coded[b], _worst(raw[a][0], raw[b][0], v.name), codebook)
    ]
    told = [s for s in shifts if abs(s.difference) >= max(threshold, s.chance) and _visible(s)]
    return WaveDiff(
        a, b,
        answers=(len(coded[a].answers), len(coded[b].answers)),
        errors=(len(faults[a]), len(faults[b])),
        added=tuple(n for n in in_b if n not in in_a),
        dropped=tuple(n for n in in_a if n not in in_b),
        changed=_changes(raw[a][0], raw[b][0], codebook, [n for n in in_b if n in in_a]),
        shifts=tuple(sorted(told, key=lambda s: (-abs(s.difference), s.variable, s.code))),
        compared=len(shifts),
        threshold=threshold,
        stayed=tuple(sorted(units[a] & units[b])),
        entered=tuple(sorted(units[b] - units[a] - earlier)),
        left=tuple(sorted(units[a] - units[b])),
        closed=tuple(sorted((units[a] - units[b]) & closed)),
        back=tuple(sorted((units[b] - units[a]) & earlier)),
    )  # fmt: skip


def _asked(wave: HarmonisedWave, codebook: Codebook) -> dict[str, None]:
    """Questions that were put to somebody, in the order of the questionnaire."""
    return {v.name: None for v in codebook.asked if (wave.reasons[v.name] != "not_asked").any()}


_SAME = Change("same")


def _declared(raw: RawWave, variable: str) -> Change:
    return read_changes(raw.sidecar.comparability).get(variable, _SAME)


def _worst(raw_a: RawWave, raw_b: RawWave, variable: str) -> str:
    return max((_declared(raw, variable).kind for raw in (raw_a, raw_b)), key=COMPARABILITY.index)


def _changes(raw_a: RawWave, raw_b: RawWave, codebook: Codebook, both: list[str]) -> tuple[ItemChange, ...]:
    first, last = sorted((raw_a.wave, raw_b.wave))
    changes = []
    for name in both:
        in_a, in_b = _declared(raw_a, name), _declared(raw_b, name)
        recoded = (in_a.codes or raw_a.sidecar.recode.get(name)) != (
            in_b.codes or raw_b.sidecar.recode.get(name)
        )
        choices = codebook.choices(name) if codebook[name].list_name else ()
        new = tuple(c.name for c in choices if first < c.since <= last)
        kinds = (in_a.kind, in_b.kind)
        if kinds != ("same", "same") or recoded or new or in_a.wording != in_b.wording:
            said = in_b.note or in_a.note
            changes.append(ItemChange(name, *kinds, recoded, new, said, in_b.wording or in_a.wording))
    return tuple(changes)


def _shifts(
    variable: Variable, a: HarmonisedWave, b: HarmonisedWave, comparability: str, codebook: Codebook
) -> list[Shift]:
    """All standardised differences of one question, whatever their size."""
    name, both = variable.name, set(a.answers["unit"]) & set(b.answers["unit"])
    found = []
    unanswered = [
        (w.reasons[name] != "answered")[~w.reasons[name].isin(["not_asked", "skipped"])] for w in (a, b)
    ]
    columns = {("missing", ""): unanswered}
    if variable.kind == "select_multiple":
        for code in codebook.codes(name):
            columns["share", code] = [w.answers[f"{name}__{code}"].dropna() for w in (a, b)]
    elif variable.kind not in ("text", "date"):
        columns["", ""] = [w.answers[name].dropna() for w in (a, b)]
    for (what, code), (x, y) in columns.items():
        if min(len(x), len(y)) < _FEWEST:
            continue
        pair = tuple(s[w.answers.loc[s.index, "unit"].isin(both)] for s, w in ((x, a), (y, b)))
        same = standardised_difference(*pair) if min(map(len, pair)) >= _FEWEST else math.nan
        kind, told, mean_a, mean_b = _summary(x, y)
        chance = math.sqrt(_free(x, y) * (1 / len(x) + 1 / len(y)))
        found.append(
            Shift(
                name, what or kind, code or told, mean_a, mean_b, len(x), len(y), standardised_difference(x, y), chance,
                same, comparability,
            )
        )  # fmt: skip
    return found


def _free(x: pd.Series, y: pd.Series) -> int:
    """Numbers that can move freely: categories in use but one, or the one mean."""
    return max(len(set(x) | set(y)) - 1, 1) if isinstance(x.dtype, pd.CategoricalDtype) else 1


def _visible(shift: Shift) -> bool:
    """False for a share that hardly moves: near 0 or 1 two points are a large standardised difference."""
    return shift.what not in ("share", "missing") or abs(shift.b - shift.a) >= _LEAST_SHARE


def _summary(x: pd.Series, y: pd.Series) -> tuple[str, str, float, float]:
    """Kind of comparison, category that moved most, and what is compared in each wave."""
    if isinstance(x.dtype, pd.CategoricalDtype):
        shares = [s.value_counts(normalize=True, sort=False) for s in (x, y)]
        moved = str((shares[1] - shares[0]).abs().idxmax())
        return "category", moved, float(shares[0][moved]), float(shares[1][moved])
    kind = "share" if pd.api.types.is_bool_dtype(x.dtype) else "mean"
    return kind, "", float(x.astype(float).mean()), float(y.astype(float).mean())


def standardised_difference(x: pd.Series, y: pd.Series) -> float:
    """Standardised difference of two samples, ``y`` against ``x``; both without missing values, neither empty.

    Numbers and truths: ``(mean y - mean x) / sqrt((var x + var y) / 2)``, variances of the sample for numbers and
    ``p(1-p)`` for truths. Categories: root of ``t' S⁻¹ t``, ``t`` the difference of the shares but one and ``S`` the mean
    of the two multinomial covariances (Yang & Dalton 2012); never negative. No difference is 0, a difference where
    nobody varies is infinite.
    """
    if isinstance(x.dtype, pd.CategoricalDtype):
        return _distance(*(s.value_counts(normalize=True, sort=False).to_numpy() for s in (x, y)))
    numbers = [s.astype(float).to_numpy() for s in (x, y)]
    ddof = 0 if pd.api.types.is_bool_dtype(x.dtype) else 1
    spread = math.sqrt(sum(float(np.var(v, ddof=ddof)) for v in numbers) / 2)
    gap = float(numbers[1].mean() - numbers[0].mean())
    if spread == 0:
        return math.copysign(math.inf, gap) if gap else 0.0
    return gap / spread


def _distance(p: np.ndarray, q: np.ndarray) -> float:
    kept = (p + q) > 0
    p, q = p[kept][1:], q[kept][1:]
    gap = q - p
    if not np.any(gap):
        return 0.0
    spread = (np.diag(p) - np.outer(p, p) + np.diag(q) - np.outer(q, q)) / 2
    if np.linalg.matrix_rank(spread) < len(gap):
        return math.inf
    return float(np.sqrt(gap @ np.linalg.solve(spread, gap)))
