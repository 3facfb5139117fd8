"""What to estimate, said as literals: the ``Spec`` and the list of estimators.

Nothing heavy is imported here, so that a file of Specs costs nothing to read.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from difflib import get_close_matches
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from panel_eis.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


class Estimator(NamedTuple):
    """Where an estimator lives (``module:function``), imported only when used, and its name in a sentence."""

    place: str
    phrase: str


ESTIMATORS: Final[Mapping[str, Estimator]] = MappingProxyType(
    {
        "pooled_ols": Estimator("panel_eis.models.linear:pooled_ols", "pooled least squares"),
        "within": Estimator("panel_eis.models.linear:within", "within (fixed-effects) regression"),
        "within_between": Estimator("panel_eis.models.linear:within_between", "within–between regression"),
        "random_effects": Estimator(
            "panel_eis.models.random_effects_linear:random_effects", "random-effects regression"
        ),
        "random_intercept": Estimator(
            "panel_eis.models.random_intercept:random_intercept", "random-intercept (mixed) regression"
        ),
        "first_difference": Estimator(
            "panel_eis.models.differences:first_difference", "first-difference regression"
        ),
        "long_difference": Estimator(
            "panel_eis.models.differences:long_difference", "long-difference regression"
        ),
        "ordered_logit": Estimator("panel_eis.models.ordinal:ordered_logit", "ordered logit"),
        "ordered_probit": Estimator("panel_eis.models.ordinal:ordered_probit", "ordered probit"),
        "generalised_ordered_logit": Estimator(
            "panel_eis.models.proportional_odds:generalised_ordered_logit", "generalised ordered logit"
        ),
        "cloglog": Estimator("panel_eis.models.ordinal:cloglog", "complementary log-log regression"),
        "re_ordered_logit": Estimator(
            "panel_eis.models.random_effects:re_ordered_logit", "random-effects ordered logit"
        ),
        "re_ordered_probit": Estimator(
            "panel_eis.models.random_effects:re_ordered_probit", "random-effects ordered probit"
        ),
        "re_cloglog": Estimator(
            "panel_eis.models.random_effects:re_cloglog", "random-effects complementary log-log regression"
        ),
        "gamma_cloglog": Estimator(
            "panel_eis.models.frailty:gamma_cloglog", "complementary log-log regression with gamma frailty"
        ),
        "conditional_logit": Estimator(
            "panel_eis.models.conditional:conditional_logit", "conditional (fixed-effects) logit"
        ),
        "feologit_buc": Estimator(
            "panel_eis.models.conditional:feologit_buc", "fixed-effects ordered logit (blow-up and cluster)"
        ),
        "fractional_logit": Estimator("panel_eis.models.fractional:fractional_logit", "fractional logit"),
        "fractional_probit": Estimator("panel_eis.models.fractional:fractional_probit", "fractional probit"),
        "gee_logit": Estimator("panel_eis.models.gee:gee_logit", "GEE logit"),
        "gee_probit": Estimator("panel_eis.models.gee:gee_probit", "GEE probit"),
    }
)
"""Every estimator by name. To add one: write ``function(spec, rows) -> Fit`` and add its line here."""


@dataclass(frozen=True, kw_only=True)
class Spec:
    """One model, as literals: hashable, comparable, and written out whole in the stored ``Fit``.

    Parameters
    ----------
    name
        Identifier of the model, unique in the project.
    outcome
        Column explained: numeric for the linear estimators, an integer code or an ordered categorical for the
        ordinal ones (two values make them binary).
    estimator
        One of ``ESTIMATORS``.
    regressors
        Columns. Booleans and numbers (nullable or not) enter as they are; a categorical or string column
        becomes dummies, its reference being the first category observed in the rows used.
    varying
        The regressors split into deviation from the unit's mean (``x_within``) and that mean
        (``x_between``) by ``within_between``, ``random_effects``, ``random_intercept`` and the ordinal models (but
        those of fixed effects); the others enter as they are, as part ``pooled``. ``pooled_ols`` splits nothing and
        ``within`` demeans everything, whatever is said here.
    interactions
        Pairs of regressors whose product enters, named ``a:b``; varying as soon as one of the two is.
    wave_effects
        Whether dummies for the waves enter, the first observed wave being the reference.
    weights
        Column of probability weights; only their ratios matter.
    sample
        A pandas ``query`` expression: only rows where it is true are used (missing is not true).
    unit, wave
        Columns or index levels that identify a row.
    cluster
        Column or index level by which errors are clustered; the word ``unit`` means the ``unit`` column,
        whatever its name.
    bounds
        Least and greatest possible value of the outcome of the fractional models and of GEE, which explain how far it is
        from
        one to the other; the other estimators have none.
    nodes
        Nodes of the adaptive quadrature in the random-effects ordinal models; the others have none.
    label_fr, label_en
        Names for the reader.

    Raises
    ------
    ModelError
        If the parts contradict one another; every contradiction is told at once.

    """

    name: str
    outcome: str
    estimator: str
    regressors: tuple[str, ...]
    varying: tuple[str, ...] = ()
    interactions: tuple[tuple[str, str], ...] = ()
    wave_effects: bool = True
    weights: str | None = None
    sample: str | None = None
    unit: str = "unit"
    wave: str = "wave"
    cluster: str = "unit"
    nodes: int = 12
    bounds: tuple[float, float] = (0.0, 1.0)
    label_fr: str = ""
    label_en: str = ""

    def __post_init__(self) -> None:
        problems = [*_shape_problems(self)] or [*_content_problems(self)]
        if problems:
            raise ModelError(f"spec {self.name!r}: " + "; ".join(problems))

    @property
    def cluster_column(self) -> str:
        """The column of the clusters, with ``unit`` read as "the unit column"."""
        return self.unit if self.cluster == "unit" else self.cluster

    def is_varying(self, *variables: str) -> bool:
        """Whether a regressor, or the product of several, is declared to vary within units."""
        return any(variable in self.varying for variable in variables)


def nearest(word: str, words: Iterable[str]) -> str:
    """Say ``; did you mean 'x'?`` if a known word is close, else nothing."""
    close = get_close_matches(word, [str(known) for known in words], n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


_KINDS: Final[dict[str, tuple[tuple[type, ...], str]]] = {
    "str": ((str,), "a string"),
    "str | None": ((str, type(None)), "a string or None"),
    "bool": ((bool,), "a bool"),
    "int": ((int,), "an int"),
}


def _shape_problems(spec: Spec) -> Iterator[str]:
    """Parts that are not the literals a Spec is made of."""
    for field in ("regressors", "varying", "interactions"):
        value = getattr(spec, field)
        if not isinstance(value, tuple):
            yield f"{field} must be a tuple, with a comma even for one: ('x',), not {value!r}"
        elif field != "interactions" and not all(isinstance(item, str) for item in value):
            yield f"{field} must hold column names only, not {value!r}"
        elif field == "interactions" and not all(map(_is_pair, value)):
            yield f"interactions must hold pairs of column names, not {value!r}"
    low_high = spec.bounds
    if not (isinstance(low_high, tuple) and len(low_high) == 2 and low_high[0] < low_high[1]):
        yield f"bounds must be a tuple of two rising numbers, not {low_high!r}"
    for name, (kinds, words) in ((f.name, _KINDS[str(f.type)]) for f in fields(spec) if f.type in _KINDS):
        if not isinstance(getattr(spec, name), kinds):
            yield f"{name} must be {words}, not {getattr(spec, name)!r}"


def _is_pair(item: object) -> bool:
    return isinstance(item, tuple) and len(item) == 2 and all(isinstance(part, str) for part in item)


def _content_problems(spec: Spec) -> Iterator[str]:
    """Literals of the right kind that cannot be meant together."""
    if not spec.name:
        yield "it has no name"
    if spec.estimator not in ESTIMATORS:
        hint = nearest(spec.estimator, ESTIMATORS)
        yield f"no estimator is called {spec.estimator!r} (known: {', '.join(ESTIMATORS)}){hint}"
    for field in ("regressors", "varying"):
        names = getattr(spec, field)
        yield from (f"{field} names {n!r} twice" for n in dict.fromkeys(names) if names.count(n) > 1)
    if spec.outcome in spec.regressors:
        yield f"the outcome {spec.outcome!r} is also a regressor"
    for word in (*spec.varying, *dict.fromkeys(part for pair in spec.interactions for part in pair)):
        if word not in spec.regressors:
            yield f"{word!r} is not among the regressors{nearest(word, spec.regressors)}"
    pairs = [frozenset(pair) for pair in spec.interactions]
    yield from (
        f"interaction {a}:{a} is a square: add it as a column" for a, b in spec.interactions if a == b
    )
    yield from (
        f"interaction {':'.join(sorted(p))} is named twice"
        for p in dict.fromkeys(pairs)
        if pairs.count(p) > 1
    )
    if spec.nodes < 3:
        yield f"nodes must be at least 3, not {spec.nodes}"
    if spec.estimator == "within_between" and not spec.varying:
        yield "within_between needs at least one varying regressor"
