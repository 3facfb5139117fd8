"""The claims ledger: what the paper asserts, each with its estimate and threshold, judged anew at every build.

A sentence that was true of one edition may not survive the next wave. Each claim therefore names the number behind it, the
value that would make it false, and the side of it on which the paper says the truth lies.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from panel_eis.errors import ModelError, UsageError
from panel_eis.wording import fill

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from panel_eis.study import Study

Verdict = Literal["holds", "weakened", "reversed", "not_estimable"]
VERDICTS: Mapping[str, Mapping[str, str]] = {
    "fr": {
        "holds": "tient", "weakened": "affaiblie", "reversed": "renversée", "not_estimable": "non estimable",
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
    finding
        Key finding of the first page that rests on it: ``gave_up`` has its strength in ``{{< var fr.strength_gave_up >}}``.

    """

    name: str
    sentence: Mapping[str, str]
    estimate: Callable[[Study], Estimate]
    side: Literal["above", "below"] = "above"
    threshold: float = 0.0
    kind: str = "num1"
    finding: str = ""


_STRENGTH: Mapping[str, Mapping[str, str]] = {
    "fr": {
        "holds": "bonne, tout l’intervalle est du côté affirmé",
        "mixed": "partagée, affirmations qui tiennent : {held:n} sur {all:n}",
        "weakened": "faible, l’intervalle contient aussi le contraire",
        "reversed": "nulle, les données disent le contraire",
        "not_estimable": "nulle, rien ne peut être estimé",
    },
    "en": {
        "holds": "good, the whole interval is on the side claimed",
        "mixed": "mixed, claims that hold: {held:n} of {all:n}",
        "weakened": "weak, the interval also contains the contrary",
        "reversed": "none, the data say the contrary",
        "not_estimable": "none, nothing can be estimated",
    },
}  # fmt: skip


def strength(verdicts: Sequence[Verdict]) -> dict[str, str]:
    """Strength of evidence of a key finding in words, in both languages, from the verdicts on its claims.

    Where all agree, theirs; where some hold and others do not, how many.
    """
    held, kinds = verdicts.count("holds"), set(verdicts)
    word = verdicts[0] if len(kinds) == 1 else "mixed" if held else "weakened"
    counts = {"held": held, "all": len(verdicts)}
    return {"fr": fill(_STRENGTH["fr"][word], counts, "fr"), "en": fill(_STRENGTH["en"][word], counts, "en")}


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
