"""The demonstration panel: made from the codebook and from a written truth, and nothing else.

>>> from panel_eis.synthetic import simulate
>>> simulate(Path("."), seed=20211)                                          # doctest: +SKIP

Data flow: ``truth`` (what is true) → ``streams`` (chance) → ``population``, ``dynamics``, ``structure`` (what
happens to organisations; ``draw_panel``) → ``interview``, ``money``, ``spells`` (ties and support over time)
→ ``profile``, ``practice``, ``scales``, ``words``, ``answers`` (what is answered) → ``second`` (what a second
person of the organisation answers) → ``faults`` (what goes wrong) → ``files`` (waves and register),
``stories``, ``case_text``, ``case_studies`` (what is written).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from panel_eis.codebook import read_codebook
from panel_eis.files import write_csv
from panel_eis.synthetic.answers import fill_in
from panel_eis.synthetic.case_studies import write_cases
from panel_eis.synthetic.faults import plant
from panel_eis.synthetic.fieldwork import dispositions_table
from panel_eis.synthetic.files import events_table, read_lemmas, register_table, write_wave
from panel_eis.synthetic.interview import World, closing, opening
from panel_eis.synthetic.practice import practising_since
from panel_eis.synthetic.second import second_answers
from panel_eis.synthetic.spells import draw_ecosystem, memberships_table, support_table
from panel_eis.synthetic.stories import outside_stories, panel_stories
from panel_eis.synthetic.streams import Streams
from panel_eis.synthetic.structure import draw_panel, draw_structure
from panel_eis.synthetic.truth import Truth, read_truth

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Truth", "draw_panel", "read_truth", "simulate"]

WAVES = ("2021", "2023", "2025")


def simulate(
    root: Path,
    *,
    seed: int,
    organisations: int = 240,
    waves: tuple[str, ...] = WAVES,
    truth: Path | None = None,
    faults: bool = True,
) -> list[Path]:
    """Write the demonstration data under ``root/data``.

    Inputs are ``data/codebook``, ``data/reference/lemmas.csv`` and the truth; all else that is listed below
    is written. The same seed gives the same bytes, and more waves leave the earlier wave files as they are.

    Parameters
    ----------
    root
        The project.
    seed
        Where chance starts.
    organisations
        Answers at the first wave.
    waves
        Years, in order.
    truth
        Another file than ``data/truth.yml``.
    faults
        Plant the faults that the truth declares.

    Returns
    -------
    Files written: waves, register, events, memberships, support, dispositions, corrections, planted, cases.

    """
    data = root / "data"
    written_truth = read_truth(truth or data / "truth.yml")
    streams = Streams(seed)
    structure = draw_structure(written_truth, streams, organisations, waves)
    world = World(written_truth, streams, structure, read_codebook(data / "codebook"))
    ecosystem, since = draw_ecosystem(world), practising_since(world)
    lemmas = read_lemmas(data / "reference" / "lemmas.csv")
    answers = {wave: fill_in(world, ecosystem, since, lemmas, t) for t, wave in enumerate(waves)}
    both = {
        wave: pd.concat([frame, second_answers(world, frame, t)], ignore_index=True)
        for t, (wave, frame) in enumerate(answers.items())
    }
    register, ties = register_table(world), memberships_table(world, ecosystem)
    cases = set(register.loc[register["route"] == "case", "unit"])
    planned = (
        world
        if faults
        else replace(world, truth=replace(written_truth, faults=dict.fromkeys(written_truth.faults, 0)))
    )
    told, ties, corrections, planted = plant(planned, both, ties, cases)
    paths = []
    for wave, frame in told.items():
        fieldwork = (str(opening(wave)), str(closing(wave)))
        paths += write_wave(data / "waves", wave, frame, world, fieldwork)
    tables = {
        "register.csv": register,
        "events.csv": events_table(world),
        "memberships.csv": ties,
        "support.csv": support_table(world, ecosystem),
        "dispositions.csv": dispositions_table(world),
        "corrections.csv": corrections,
        "planted.csv": planted,
    }
    for name, table in tables.items():
        write_csv(data / name, table)
        paths.append(data / name)
    stories = panel_stories(answers, tables["register.csv"], tables["events.csv"])
    stories += outside_stories(_elsewhere(world, lemmas), waves[0])
    return paths + write_cases(data / "cases", stories)


def _elsewhere(world: World, lemmas: dict[str, float]) -> pd.DataFrame:
    """Answers of organisations that are in no panel, for cases that were met once."""
    streams = Streams(world.streams.seed + 1)
    structure = draw_structure(world.truth, streams, 24, world.structure.waves[:1])
    other = World(world.truth, streams, structure, world.codebook)
    return fill_in(other, draw_ecosystem(other), practising_since(other), lemmas, 0)
