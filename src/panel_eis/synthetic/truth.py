"""The written truth (``data/truth.yml``) as a frozen object; what it does not know is refused.

The file is for a sociologist to read and change; its comments say where each figure comes from. Sections are
dataclasses here, so that a misspelt key is an error with the nearest known one, and a missing key too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, get_type_hints

import yaml

from panel_eis.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from pathlib import Path

Shares = Mapping[str, float]


@dataclass(frozen=True)
class Sample:
    """Who is asked, and who answers when first approached."""

    response: float
    interest: float
    size: float
    refreshment: float
    former_cases: float
    legal_forms: Shares
    size_classes: Shares
    departments: Shares
    fields: Mapping[str, Shares]


@dataclass(frozen=True)
class Organisation:
    """Spread of what never changes in an organisation, and the correlation of the two inclinations."""

    ladder_sd: float
    score_sd: float
    correlation: float


@dataclass(frozen=True)
class Switch:
    """A state that organisations enter and leave: propensity, selection, share that reconsiders, growth."""

    selection: float
    renewed: float
    growth: float
    base: float = 0.5


@dataclass(frozen=True)
class Ties:
    """Networks and peers."""

    federated_by_form: Shares
    federated: Switch
    service: Switch
    peer: Switch
    networks_mean: float


@dataclass(frozen=True)
class Support:
    """Public support, what funders ask for, and who is in charge of evaluation."""

    supported_by_form: Shares
    supported: Switch
    demands: Shares
    requested_selection: float
    funded_selection: float
    demand_renewed: float
    multiyear: Switch
    dedicated: Switch
    dedicated_by_size: float


@dataclass(frozen=True)
class Effects:
    """Coefficients of the linear predictor; the names are the columns that ``draw_panel`` gives."""

    federated_service: float
    federated_only: float
    peer_tie: float
    asked: float
    funded: float
    multiyear: float
    service_x_demand: float
    dedicated: float
    staff_log: float
    hybrid: float
    age_decades: float
    scop: float
    scic: float
    mutual: float
    foundation: float
    company: float


@dataclass(frozen=True)
class Ladder:
    """The latent index of adoption and its thresholds, in logits."""

    target: tuple[float, ...]
    thresholds: tuple[float, ...]
    drift: float
    persistence: float
    effects: Effects


@dataclass(frozen=True)
class Score:
    """Appropriation in SD, and its scale in points."""

    points_per_sd: float
    mean: float
    residual_sd: float
    drift: float
    effects: Effects
    symbolic_asked: float
    symbolic_funded: float


@dataclass(frozen=True)
class Likert:
    """How items follow from the score."""

    means: Shares
    dimension_sd: float
    item_sd: float
    stable: float
    acquiescence_sd: float
    not_evaluating: float
    no_answer: float
    dont_know: float
    straight_lining: float


@dataclass(frozen=True)
class Performance:
    """Expected and observed performance of devices, by attribute and role."""

    expected_mean: float
    gap: float
    gap_closing: float
    role_expected: Shares
    role_gap: Shares
    expected: Shares
    gaps: Shares


@dataclass(frozen=True)
class Respondents:
    """Second respondents: how often, and how far they agree with the first."""

    second: float
    agreement: float


@dataclass(frozen=True)
class Words:
    """Free evocations."""

    for_each_answer: int
    fewer: float
    expressions: float


@dataclass(frozen=True)
class Attrition:
    """Staying, leaving, coming back, closing."""

    retention: float
    not_evaluating: float
    lowest_rung: float
    small: float
    respondent_changed: float
    respondent_leaves: float
    back: float
    closure: float
    closure_small: float
    move: float


@dataclass(frozen=True)
class Truth:
    """All sections of ``truth.yml``."""

    seed: int
    sample: Sample
    organisation: Organisation
    ties: Ties
    support: Support
    ladder: Ladder
    score: Score
    likert: Likert
    performance: Performance
    motives: Shares
    barriers: Shares
    barriers_if_not_evaluating: Shares
    barriers_receding: float
    words: Words
    respondents: Respondents
    attrition: Attrition
    faults: Shares


_YAML_NAMES = {"back": "return"}
"""Keys of the file that are not Python names."""


def read_truth(path: Path, changes: Mapping[str, Any] | None = None) -> Truth:
    """Read the written truth.

    Parameters
    ----------
    path
        ``data/truth.yml``.
    changes
        Other values for some keys, by dotted path: ``{"ladder.persistence": 0.0}``. For tests that need a
        world without selection, attrition or persistence.

    Raises
    ------
    UsageError
        At a key that is unknown or missing, and at a value of another kind than expected.

    """
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    for dotted, value in (changes or {}).items():
        section, keys = document, dotted.split(".")
        for key in keys[:-1]:
            section = _known(section, key, dotted)[key]
        _known(section, keys[-1], dotted)[keys[-1]] = value
    truth = _section(Truth, document, "")
    if not isinstance(truth, Truth):
        raise TypeError(truth)
    return truth


def _known(section: Any, key: str, where: str) -> dict[str, Any]:
    if not isinstance(section, dict) or key not in section:
        known = section if isinstance(section, dict) else ()
        raise UsageError(f"truth.yml: {where!r} is not a key.{did_you_mean(key, known)}")
    return section


@cache
def _hints(cls: type) -> dict[str, Any]:
    return get_type_hints(cls)


def _section(cls: Any, value: Any, where: str) -> Any:
    """Build one dataclass from a mapping of the file."""
    if not isinstance(value, dict):
        raise UsageError(f"truth.yml: {where or 'the file'} should hold keys, not {value!r}.")
    names = {_YAML_NAMES.get(f.name, f.name): f for f in fields(cls)}
    for key in value:
        if key not in names:
            raise UsageError(f"truth.yml: unknown key {where}{key}.{did_you_mean(str(key), names)}")
    given = {}
    for key, field in names.items():
        if key in value:
            given[field.name] = _value(_hints(cls)[field.name], value[key], f"{where}{key}")
        elif key != "base":
            raise UsageError(f"truth.yml: key {where}{key} is missing.")
    return cls(**given)


def _value(hint: Any, value: Any, where: str) -> Any:
    """Check one value against what its place asks for."""
    if is_dataclass(hint):
        return _section(hint, value, f"{where}.")
    if hint is int:
        if not isinstance(value, int):
            raise UsageError(f"truth.yml: {where} should be a whole number, not {value!r}.")
        return value
    if hint is float:
        return _number(value, where)
    if hint == tuple[float, ...]:
        return tuple(_number(v, where) for v in value)
    if not isinstance(value, dict):
        raise UsageError(f"truth.yml: {where} should hold keys, not {value!r}.")
    if hint == Mapping[str, Shares]:
        return {str(k): _value(Shares, v, f"{where}.{k}") for k, v in value.items()}
    return {str(k): _number(v, f"{where}.{k}") for k, v in value.items()}


def _number(value: Any, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UsageError(f"truth.yml: {where} should be a number, not {value!r}.")
    return float(value)
