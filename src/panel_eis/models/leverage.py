"""What each cluster weighs in a linear fit, from one K × K matrix a cluster.

With Z = XL, LL' = (X'X)⁻¹, the cross-products C_g = Z_g'Z_g of the clusters add up to the identity, and all that
asks for a fit without a cluster, or for its block of the hat matrix, is algebra on C_g (MacKinnon, Nielsen and
Webb 2023, Journal of Applied Econometrics 38(5), 671-694). Nothing is fitted again and no matrix is as large as
a cluster. An eigenvalue 1 of C_g says that some combination of coefficients is learnt from cluster g alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from panel_eis.models.arrays import BoolArray, FloatArray
    from panel_eis.models.least_squares import Problem

ALONE: Final = 1 - 1e-8
"""Eigenvalue of C_g above which something cannot be estimated without the cluster."""


@dataclass(frozen=True)
class Leverage:
    """A problem in the coordinates in which X'X is the identity; units are nested in the clusters."""

    problem: Problem

    @cached_property
    def root(self) -> FloatArray:
        """L, with LL' = (X'X)⁻¹."""
        scale = np.sqrt(np.diag(self.problem.bread))
        root: FloatArray = np.linalg.cholesky(self.problem.bread / np.outer(scale, scale)) * scale[:, None]
        return root

    @cached_property
    def cross(self) -> FloatArray:
        """C_g (clusters × K × K)."""
        z, cluster = self.problem.x @ self.root, self.problem.rows.cluster
        k = z.shape[1]
        cross = np.empty((self.problem.rows.n_clusters, k, k))
        for i in range(k):
            for j in range(i + 1):
                cross[:, i, j] = cross[:, j, i] = np.bincount(cluster, weights=z[:, i] * z[:, j])
        return cross

    @cached_property
    def scores(self) -> FloatArray:
        """Z_g'e_g (clusters × K)."""
        return self.problem.scores @ self.root

    @cached_property
    def eigen(self) -> tuple[FloatArray, FloatArray]:
        """Eigenvalues and eigenvectors of every C_g."""
        values, vectors = np.linalg.eigh(self.cross)
        return values, vectors

    @cached_property
    def alone(self) -> BoolArray:
        """Clusters without which some coefficient cannot be estimated."""
        alone: BoolArray = np.trace(self.cross, axis1=1, axis2=2) > ALONE  # no eigenvalue exceeds the trace
        alone[alone] = np.linalg.eigvalsh(self.cross[alone])[:, -1] > ALONE
        return alone

    def power(self, exponent: float) -> FloatArray:
        """(1-λ) to a power, for each eigenvalue of each C_g; 0 where the cluster is alone (Moore–Penrose)."""
        values = self.eigen[0]
        return np.where(values > ALONE, 0.0, np.maximum(1 - values, 1 - ALONE) ** exponent)

    def adjusted(self, exponent: float) -> FloatArray:
        """(I - C_g) to a power, times the scores of each cluster (clusters × K)."""
        vectors = self.eigen[1]
        turned = np.einsum("gij,gi->gj", vectors, self.scores) * self.power(exponent)
        return np.einsum("gij,gj->gi", vectors, turned)

    def changes(self) -> FloatArray:
        """Estimate less the estimate without each cluster (clusters × K), exactly that of a refit."""
        if self.alone.any():
            return self.adjusted(-1.0) @ self.root.T
        identity = np.eye(self.cross.shape[1])
        return np.linalg.solve(identity - self.cross, self.scores[:, :, None])[:, :, 0] @ self.root.T

    def warnings(self) -> tuple[str, ...]:
        """Say how many clusters are alone."""
        count = int(self.alone.sum())
        told = f"{count} cluster{'s are' if count > 1 else ' is'} alone in telling a coefficient: its errors "
        return (told + "rest on a generalised inverse",) if count else ()
