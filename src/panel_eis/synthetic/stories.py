"""Which organisations the case studies tell of: several trajectories, fields and legal forms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

WANTED = {"gave_up": 2, "embedded": 2, "started": 1, "rising": 1, "falling": 1, "steady": 1}
"""Panel cases by what became of them; when one kind is lacking, another fills its place."""
OUTSIDE = 3
"""Cases that are in no panel."""


@dataclass(frozen=True)
class Story:
    """One organisation: its answers wave by wave, and what became of it.

    Attributes
    ----------
    unit
        Empty when it is not in the panel.
    answers
        Cells by question, by wave in order.
    path
        A key of ``WANTED``, or ``outside``.
    closed, gone
        It closed; it stopped answering without having closed.

    """

    unit: str
    answers: Mapping[str, Mapping[str, str]]
    path: str
    closed: bool = False
    gone: bool = False

    @property
    def told(self) -> str:
        """Wave from which the case is told: the first at which it evaluates."""
        return next(wave for wave, row in self.answers.items() if rung(row) >= 2)


def rung(row: Mapping[str, str]) -> int:
    """Rung of the ladder, from the answers."""
    tooled = row["formalisation"] in ("tooled", "scientific")
    embedded = row["used_in_decision"] == "yes"
    return {"never": 0, "considered": 1, "occasional": 2 + tooled, "regular": 4 + embedded}[row["frequency"]]


def panel_stories(
    waves: Mapping[str, pd.DataFrame], register: pd.DataFrame, events: pd.DataFrame
) -> list[Story]:
    """Choose panel organisations that agree to be told, one trajectory after the other."""
    agree = set(register.loc[register["consent_case"] == "yes", "unit"])
    closed = set(events.loc[events["event"].isin(["closed", "merged_into"]), "unit"])
    rows: dict[str, dict[str, dict[str, str]]] = {}
    for wave, answers in waves.items():
        for row in answers.to_dict("records"):
            if row["unit"] in agree:
                rows.setdefault(str(row["unit"]), {})[wave] = {str(k): str(v) for k, v in row.items()}
    last = list(waves)[-1]
    stories = [
        Story(unit, found, _path([rung(row) for row in found.values()]), unit in closed, last not in found)
        for unit, found in sorted(rows.items())
        if len(found) >= min(2, len(waves)) and any(rung(row) >= 2 for row in found.values())
    ]
    return _varied(stories)


def outside_stories(answers: pd.DataFrame, wave: str) -> list[Story]:
    """Choose a few organisations that are in no panel, each in another field."""
    stories: dict[str, Story] = {}
    for row in answers.to_dict("records"):
        cells = {str(k): str(v) for k, v in row.items()}
        if rung(cells) >= 2 and cells["tools"]:
            stories.setdefault(cells["field"], Story("", {wave: cells}, "outside"))
    return list(stories.values())[:OUTSIDE]


def _path(rungs: Sequence[int]) -> str:
    """Say what became of it, in one word."""
    doing = [r >= 2 for r in rungs]
    if not doing[-1]:
        return "gave_up"
    if rungs[-1] == 5 and any(2 <= r < 5 for r in rungs):
        return "embedded"
    if not doing[0]:
        return "started"
    if rungs[-1] == rungs[0]:
        return "steady"
    return "rising" if rungs[-1] > rungs[0] else "falling"


def _varied(stories: Sequence[Story]) -> list[Story]:
    """As many of each kind as wanted; other fields and legal forms first, then those seen most often."""
    chosen: list[Story] = []
    for kind, number in WANTED.items():
        for _ in range(number):
            seen = [(s.answers[s.told]["field"], s.answers[s.told]["legal_form"]) for s in chosen]
            left = [
                (s.path != kind, _repeats(s, seen), -len(s.answers), s.unit, s)
                for s in stories
                if s not in chosen
            ]
            chosen += [min(left, key=lambda entry: entry[:4])[-1]] if left else []
    return sorted(chosen, key=lambda s: s.unit)


def _repeats(story: Story, seen: Sequence[tuple[str, str]]) -> int:
    row = story.answers[story.told]
    return 2 * sum(row["field"] == f for f, _ in seen) + sum(row["legal_form"] == form for _, form in seen)
