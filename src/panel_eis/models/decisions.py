"""Decisions of a specification curve, and the members that their combinations stand for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, Any, NamedTuple

from panel_eis.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from panel_eis.models.spec import Spec


class Level(NamedTuple):
    """One way to take a decision; the first of a decision is the reference."""

    name: str
    fr: str
    en: str


class Decision(NamedTuple):
    """Something that could have been done in several ways, with names for readers."""

    name: str
    fr: str
    en: str
    levels: tuple[Level, ...]


@dataclass(frozen=True)
class Member:
    """One specification.

    Attributes
    ----------
    choices
        Level of each decision, by name.
    spec
        A linear model, or one of ``null_scores.SERVED``, clustered by unit.
    term
        The coefficient looked at.
    panels
        Keys of the panels it is estimated on: one, or all the imputed ones.

    """

    choices: Mapping[str, str]
    spec: Spec
    term: str
    panels: tuple[str, ...]


def cross(
    decisions: Sequence[Decision], member: Callable[[dict[str, str]], Member | None]
) -> tuple[Member, ...]:
    """Every combination of levels for which ``member`` gives a specification (None where levels exclude each other).

    Raises
    ------
    ModelError
        If two combinations are the same model on the same panels: it would count twice.

    """
    names = [decision.name for decision in decisions]
    found: dict[Any, Member] = {}
    for levels in product(*([level.name for level in decision.levels] for decision in decisions)):
        one = member(dict(zip(names, levels, strict=True)))
        if one is None:
            continue
        key = replace(one.spec, name="-", label_fr="", label_en=""), one.term, one.panels
        if key in found:
            raise ModelError(
                f"{dict(one.choices)} and {dict(found[key].choices)} are the same model: give None for one of them"
            )
        found[key] = one
    return tuple(found.values())
