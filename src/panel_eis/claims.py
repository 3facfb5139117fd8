"""The claims ledger: what the paper asserts, each with its estimate and threshold, judged anew at every build.

A sentence that was true of one edition may not survive the next wave. Each claim therefore names the number behind it, the
value that would make it false, and the side of it on which the paper says the truth lies.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from panel_eis.errors import ModelError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from panel_eis.study import Study

Verdict = Literal["holds", "weakened", "reversed", "not_estimable"]
VERDICTS: Mapping[str, Mapping[str, str]] = {
    "fr": {
        "holds": "tient", "weakened": "affaibli", "reversed": "renversé", "not_estimable": "non estimable",
    },
    "en": {
        "holds": "holds", "weakened": "weakened", "reversed": "reversed", "not_estimable": "not estimable",
    },
}  # fmt: skip


@dataclass(frozen=True)
class Estimate:
    """A number with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Claim:
    """One assertion of the paper.

    Attributes
    ----------
    name
        Short and stable, such as ``service-within``.
    sentence
        What the paper says, in both languages.
    estimate
        From the study to the number behind it.
    side
        ``above`` or ``below`` the threshold: where the paper says the number lies.
    threshold
        In the unit of the estimate.
    kind
        How the number is written (a kind of ``wording.fill``).

    """

    name: str
    sentence: Mapping[str, str]
    estimate: Callable[[Study], Estimate]
    side: Literal["above", "below"] = "above"
    threshold: float = 0.0
    kind: str = "num1"


def judge(claim: Claim, study: Study) -> tuple[Verdict, Estimate | None]:
    """Say whether a claim still stands.

    ``holds``: the whole interval lies on the side claimed; ``weakened``: the interval contains the threshold;
    ``reversed``: the whole interval lies on the other side; ``not_estimable``: the model is refused, did not converge, or
    gives no interval.
    """
    try:
        found = claim.estimate(study)
    except (ModelError, UsageError):
        return "not_estimable", None
    if not all(math.isfinite(x) for x in (found.value, found.low, found.high)):
        return "not_estimable", None
    above = claim.side == "above"
    near, far = (found.low, found.high) if above else (-found.high, -found.low)
    threshold = claim.threshold if above else -claim.threshold
    if near > threshold:
        return "holds", found
    return ("reversed" if far < threshold else "weakened"), found
