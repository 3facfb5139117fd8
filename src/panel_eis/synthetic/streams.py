"""Random numbers by stage: adding a draw in one place moves no other place.

A stage has a name and a generator of its own (PCG64), seeded from the project's seed and that name. Names end
with the wave, so that a panel made for more waves repeats the earlier ones to the byte.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtri

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Streams:
    """Source of generators, one a stage."""

    seed: int

    def stage(self, *names: str) -> np.random.Generator:
        """Give the generator of the stage of that name; the same name gives the same draws."""
        digest = hashlib.blake2b("/".join(names).encode(), digest_size=8).digest()
        entropy = [self.seed, int.from_bytes(digest, "big")]
        return np.random.Generator(np.random.PCG64(np.random.SeedSequence(entropy)))


def choose(
    rng: np.random.Generator, codes: Sequence[str], weights: np.ndarray | Sequence[float], n: int
) -> np.ndarray:
    """Draw ``n`` codes with replacement; ``weights`` is one row for all, or one row each."""
    table = np.atleast_2d(np.asarray(weights, dtype=float))
    return np.asarray(codes)[pick(rng, table, n)]


def pick(rng: np.random.Generator, table: np.ndarray, n: int) -> np.ndarray:
    """Draw ``n`` columns with replacement, weighted by the rows of ``table`` (one for all, or one each)."""
    bounds = np.cumsum(table, axis=1)
    drawn = rng.random(n)[:, None] * bounds[:, -1:]
    return np.minimum((drawn >= bounds).sum(axis=1), table.shape[1] - 1)


def tick(rng: np.random.Generator, traits: np.ndarray, shares: np.ndarray, stable: float = 0.5) -> np.ndarray:
    """Draw ticked boxes whose marginal shares are exact and which repeat from wave to wave.

    Parameters
    ----------
    rng
        Chance of this wave.
    traits
        Standard normal, a row for each answer and a column for each box; what never changes.
    shares
        Probability of each box, one row for all or one row each.
    stable
        Share of the variance that comes from ``traits``.

    """
    noise = rng.standard_normal(traits.shape)
    latent = np.sqrt(stable) * traits + np.sqrt(1 - stable) * noise
    return latent < ndtri(np.clip(shares, 1e-9, 1 - 1e-9))


def logit(share: np.ndarray | float) -> np.ndarray:
    """Log-odds."""
    p = np.asarray(share, dtype=float)
    return np.log(p) - np.log1p(-p)


def expit(index: np.ndarray | float) -> np.ndarray:
    """Probability from log-odds."""
    return 1 / (1 + np.exp(-np.asarray(index, dtype=float)))
