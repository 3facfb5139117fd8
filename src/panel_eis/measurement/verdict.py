"""What the number of organisations allows to say about longitudinal invariance, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from panel_eis.errors import ModelError

if TYPE_CHECKING:
    from panel_eis.errors import Lang

ROWS_FOR_EACH_PARAMETER: Final = 5
"""Convention of Bentler and Chou (1987, Sociological Methods & Research 16, 78-117)."""
LEAST_ORGANISATIONS: Final = 200
"""Below it, least squares on polychoric correlations are not trusted (Flora and Curran 2004,
Psychological Methods 9, 466-491)."""

_WORDS: Final = {
    "fr": {
        "whole": "les {items} items ensemble sur {waves} vagues",
        "one": "une dimension à la fois ({items} items sur {waves} vagues)",
        "no": "Avec {n} organisations présentes à toutes les vagues, un modèle ordinal longitudinal pour {what} aurait "
        "{parameters} paramètres libres, soit {ratio} organisation(s) par paramètre ; il en faudrait au moins {wanted}. "
        "L'invariance (configurale, des seuils, des saturations) n'est donc pas testée : elle n'est ni établie, ni réfutée.",
        "yes": "Avec {n} organisations présentes à toutes les vagues, un modèle ordinal longitudinal pour {what} "
        "({parameters} paramètres libres) est estimable selon les conventions retenues (au moins {wanted} organisations).",
    },
    "en": {
        "whole": "all {items} items together over {waves} waves",
        "one": "one dimension at a time ({items} items over {waves} waves)",
        "no": "With {n} organisations present in every wave, a longitudinal ordinal model for {what} would have "
        "{parameters} free parameters, or {ratio} organisation(s) for each; at least {wanted} organisations are wanted. "
        "Invariance (configural, of thresholds, of loadings) is therefore not tested: it is neither shown nor refuted.",
        "yes": "With {n} organisations present in every wave, a longitudinal ordinal model for {what} ({parameters} free "
        "parameters) can be estimated by the conventions kept here (at least {wanted} organisations).",
    },
}


class Verdict(NamedTuple):
    """Whether a longitudinal ordinal factor model can be estimated honestly, and the numbers behind."""

    possible: bool
    n: int
    items: int
    waves: int
    factors: int
    parameters: int
    wanted: int

    def sentence(self, lang: Lang) -> str:
        """Say it to a reader."""
        words = _WORDS[lang]
        what = words["one" if self.factors == 1 else "whole"].format(items=self.items, waves=self.waves)
        ratio = f"{self.n / self.parameters:.1f}".replace(".", "," if lang == "fr" else ".")
        return words["yes" if self.possible else "no"].format(
            n=self.n, what=what, parameters=self.parameters, ratio=ratio, wanted=self.wanted
        )


def invariance_verdict(n: int, items: int, waves: int, *, factors: int = 1, grades: int = 5) -> Verdict:
    """Say what ``n`` organisations answering all waves allow.

    Parameters
    ----------
    n
        Organisations with all items in every wave.
    items, waves, factors, grades
        Size of the configural model: thresholds (grades − 1 for each item and wave), loadings, covariances of all
        factors over all waves, and those of each item with itself between waves (Liu et al. 2017, Psychological
        Methods 22, 486-506).

    Raises
    ------
    ModelError
        With fewer than three items a factor, or one wave.

    """
    if waves < 2:
        raise ModelError("invariance over time needs two waves")
    if items < 3 * factors:
        raise ModelError(f"{items} items do not identify {factors} factor(s)")
    latent = factors * waves
    parameters = (
        items * waves * (grades - 1)
        + items * waves
        + latent * (latent - 1) // 2
        + items * waves * (waves - 1) // 2
    )
    wanted = max(LEAST_ORGANISATIONS, ROWS_FOR_EACH_PARAMETER * parameters)
    return Verdict(n >= wanted, n, items, waves, factors, parameters, wanted)
