"""The panel built and checked in one go: what stops it is told all at once, what does not is listed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from panel_eis.checks import OVER_TIME, find, find_among, stop_at_errors
from panel_eis.errors import DataError
from panel_eis.panel import build_panel, over_time, renamed, stack

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    import pandas as pd

    from panel_eis.codebook import Codebook
    from panel_eis.errors import Problem
    from panel_eis.panel import Panel
    from panel_eis.references import References
    from panel_eis.register import Register


def checked_panel(
    waves: Mapping[str, tuple[pd.DataFrame, pd.DataFrame]],
    codebook: Codebook,
    register: Register,
    margins: Mapping[str, pd.Series],
    *,
    changed: Collection[str],
    references: References,
) -> tuple[Panel, list[Problem]]:
    """Build the panel and run every declared check; give the panel and its warnings.

    Problems name columns as the file of the wave does (``references.named``).

    Raises
    ------
    DataError
        With all problems: what the schema of the panel refuses, and what the checks do.

    """
    try:
        built = build_panel(waves, codebook, register, margins, changed)
    except DataError as error:
        rows, _, people = stack(waves, codebook, changed)
        found = find_among(people, rows, codebook, register, references)
        raise type(error)(_as_files_say([*error.problems, *found], references)) from error
    told = _as_files_say([*built.warnings, *find(built, codebook, register, references)], references)
    stop_at_errors(told)
    return built, told


def _as_files_say(problems: Iterable[Problem], references: References) -> list[Problem]:
    return [renamed(p, references.named.get(p.file, {})) for p in problems]


def found_in_part(
    waves: Mapping[str, tuple[pd.DataFrame, pd.DataFrame]],
    codebook: Codebook,
    register: Register,
    references: References,
    *,
    all_waves: bool,
) -> list[Problem]:
    """What can be said of a panel that cannot be built, since a wave or a file beside the waves is at fault.

    What two waves contradict is told whatever a third one says. What is held against *the* former wave is told only with
    ``all_waves``; what the register may lack is not told.
    """
    if not waves:
        return []
    rows, _, people = stack(waves, codebook)
    rules = tuple(r for r in codebook.checks if all_waves or r.check not in OVER_TIME)
    found = over_time(rows, codebook, register)
    doubted = set(rows["unit"][register.doubts("events", rows["unit"])])
    found = [p for p in found if not (p.code == "E-EVENT" and p.unit in doubted)]
    found += find_among(people, rows, replace(codebook, checks=rules), register, references)
    return _as_files_say(found, references)


def warnings_of_wave(
    wave: str,
    parts: tuple[pd.DataFrame, pd.DataFrame],
    codebook: Codebook,
    register: Register,
    references: References,
) -> list[Problem]:
    """What the declared checks say of one wave by itself; those that look at earlier waves have nothing to say."""
    rows, _, people = stack({wave: parts}, codebook)
    found = find_among(people, rows, codebook, register, references)
    return _as_files_say([p for p in found if p.file.startswith("data/waves/")], references)
