"""The three laws of a cumulative model, each with what quadrature over a unit effect needs of it.

P(y ≤ j | z) = F(θ_j - xβ - z), so that positive slopes and effects z mean higher rungs:

* ``logit``: F logistic;
* ``probit``: F normal;
* ``cloglog``: P(y > j) = 1 - exp(-exp(xβ + z - θ_j)), the discrete-time proportional hazard when there are
  two
  rungs (Prentice and Gloeckler 1978, Biometrics 34, 57-67). R's ``glm`` and ``glmer`` call it cloglog, R's
  ``ordinal`` calls it loglog.

Arrays are slots × units (the rows of a unit fill its slots) and slots × nodes × units, units last, so that
numpy's innermost loops are long. An empty slot has the bounds -∞ and ∞: its probability is 1 and its
derivatives are 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

import numpy as np
from scipy.special import expit, log_ndtr, ndtr, ndtri

if TYPE_CHECKING:
    from collections.abc import Mapping

    from panel_eis.models.arrays import FloatArray

LOG_2PI: Final = float(np.log(2 * np.pi))
_FAR: Final = 1e6
"""Stands for infinity where infinity times zero would be met."""

_BLOCK: Final = 8
"""Factors of a likelihood multiplied before their logarithm is taken."""


class Derivatives(NamedTuple):
    """Of log P by the bounds a (upper) and b (lower); slots × nodes × units, but ``value`` is nodes × units.

    ``by_a`` and ``by_b`` are first derivatives, ``across`` is the mixed second one; ``along_a`` is the
    second by a plus the mixed one, and ``along_b`` alike: their sum is the second derivative by the effect
    z.
    """

    value: FloatArray
    by_a: FloatArray
    by_b: FloatArray
    along_a: FloatArray
    along_b: FloatArray
    across: FloatArray


class Kernel(Protocol):
    """Rows at given bounds, evaluated at any effects ``z`` (nodes × units)."""

    def __init__(self, upper: FloatArray, lower: FloatArray) -> None: ...

    def derivatives(self, z: FloatArray) -> Derivatives:
        """Log-likelihood of each unit at each node, and its derivatives by row."""
        ...

    def by_effect(self, z: FloatArray) -> tuple[FloatArray, FloatArray]:
        """First and second derivative of each unit's log-likelihood by its effect, z having one node."""
        ...


class Logit:
    """log P = log F(a-z) + log F(z-b) + log(1 - e^{b-a}): the last term is free of z.

    Only e^z is an exponential at the nodes, and one logarithm serves the waves of a unit.
    """

    def __init__(self, upper: FloatArray, lower: FloatArray) -> None:
        self._a, self._b = np.exp(-upper)[:, None], np.exp(lower)[:, None]
        gap = np.exp(lower - upper)
        self._free = np.log1p(-gap).sum(axis=0)
        self._r = (gap / (1 - gap))[:, None]

    def _shares(self, z: FloatArray) -> tuple[FloatArray, FloatArray]:
        e = np.exp(z)
        return 1 / (1 + self._a * e), 1 / (1 + self._b / e)

    def derivatives(self, z: FloatArray) -> Derivatives:
        """See ``Kernel``."""
        fa, fb = self._shares(z)
        value = self._free + _log_product(fa * fb)
        along_a, along_b = fa * (fa - 1), fb * (fb - 1)
        return Derivatives(
            value, 1 + self._r - fa, fb - (1 + self._r), along_a, along_b, self._r * (1 + self._r)
        )

    def by_effect(self, z: FloatArray) -> tuple[FloatArray, FloatArray]:
        """See ``Kernel``."""
        fa, fb = self._shares(z)
        second = fa * (fa - 1) + fb * (fb - 1)
        return (fa - fb).sum(axis=(0, 1)), second.sum(axis=(0, 1))


class _Smooth:
    """A law whose derivatives at the nodes all come from densities over the probability."""

    def derivatives(self, z: FloatArray) -> Derivatives:
        """See ``Kernel``."""
        raise NotImplementedError

    def by_effect(self, z: FloatArray) -> tuple[FloatArray, FloatArray]:
        """See ``Kernel``."""
        d = self.derivatives(z)
        return -(d.by_a + d.by_b).sum(axis=(0, 1)), (d.along_a + d.along_b).sum(axis=(0, 1))


class Probit(_Smooth):
    """Both bounds are reflected to the lower tail where that is smaller, so that differences keep digits."""

    def __init__(self, upper: FloatArray, lower: FloatArray) -> None:
        self._a, self._b = np.clip(upper, -_FAR, _FAR)[:, None], np.clip(lower, -_FAR, _FAR)[:, None]

    def derivatives(self, z: FloatArray) -> Derivatives:
        """See ``Kernel``."""
        a, b = self._a - z, self._b - z
        reflect = a + b > 0
        log_high = log_ndtr(np.where(reflect, -b, a))
        log_low = log_ndtr(np.where(reflect, -a, b))
        log_p = log_high + np.log1p(-np.exp(log_low - log_high))
        over_a = np.exp(-0.5 * (a * a + LOG_2PI) - log_p)
        over_b = np.exp(-0.5 * (b * b + LOG_2PI) - log_p)
        across = over_a * over_b
        along_a = across - over_a * (a + over_a)
        along_b = across + over_b * (b - over_b)
        return Derivatives(log_p.sum(axis=0), over_a, -over_b, along_a, along_b, across)


class Cloglog(_Smooth):
    """With α = e^{z-a} and δ = e^{z-b} - α, log P = -α + log(1 - e^{-δ})."""

    _MOST: Final = 600.0

    def __init__(self, upper: FloatArray, lower: FloatArray) -> None:
        self._a, self._b = np.exp(-upper)[:, None], np.exp(-np.maximum(lower, -self._MOST))[:, None]

    def derivatives(self, z: FloatArray) -> Derivatives:
        """See ``Kernel``."""
        e = np.exp(z)
        alpha = self._a * e
        beta = np.minimum(self._b * e, alpha + self._MOST)
        shrink = -np.expm1(alpha - beta)
        over_a, over_b = alpha / shrink, beta * (1 - shrink) / shrink
        across = over_a * over_b
        along_a = across + over_a * (alpha - 1 - over_a)
        along_b = across - over_b * (beta - 1 + over_b)
        value = (np.log(shrink) - alpha).sum(axis=0)
        return Derivatives(value, over_a, -over_b, along_a, along_b, across)


class Law(NamedTuple):
    """A link: its name, its kernel and the variance of the latent error."""

    name: str
    kernel: type[Kernel]
    variance: float


LAWS: Final[Mapping[str, Law]] = {
    "logit": Law("logit", Logit, np.pi**2 / 3),
    "probit": Law("probit", Probit, 1.0),
    "cloglog": Law("cloglog", Cloglog, np.pi**2 / 6),
}


def cumulative(law: str, at: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Distribution function of a law, its density and the derivative of that."""
    if law == "logit":
        share = expit(at)
        density = share * expit(-at)
        return share, density, density * (1 - 2 * share)
    if law == "probit":
        density = np.exp(-0.5 * (at * at + LOG_2PI))
        return ndtr(at), density, -at * density
    alpha = np.exp(np.minimum(-at, 700.0))
    density = alpha * np.exp(-alpha)
    return np.exp(-alpha), density, density * (alpha - 1)


def quantile(law: str, share: FloatArray) -> FloatArray:
    """Inverse of the distribution function of a law."""
    if law == "logit":
        return np.log(share) - np.log1p(-share)
    if law == "probit":
        inverse: FloatArray = ndtri(share)
        return inverse
    return -np.log(-np.log(share))


def _log_product(factors: FloatArray) -> FloatArray:
    """Sum over slots of the logarithms, taken of products of a few."""
    total: FloatArray = np.log(np.multiply.reduce(factors[:_BLOCK], axis=0))
    for start in range(_BLOCK, len(factors), _BLOCK):
        total += np.log(np.multiply.reduce(factors[start : start + _BLOCK], axis=0))
    return total
