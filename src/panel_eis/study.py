"""The study: everything an exhibit may read, and the record of what it did read.

Frames are bundled, never wrapped: ``study.select`` gives a plain DataFrame. What an exhibit asked for is recorded, so the
trail from a figure to its questions is known, not guessed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import pandas as pd

from panel_eis.cases import read_cases
from panel_eis.codebook import Codebook, read_codebook
from panel_eis.comparability import Comparability, names_in_query, read_comparability
from panel_eis.errors import UsageError, did_you_mean
from panel_eis.models import Fit, read_fit
from panel_eis.register import read_register
from panel_eis.scores import CORE
from panel_eis.weights import read_frame

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from panel_eis.cases import Case
    from panel_eis.register import Register


@dataclass
class Reads:
    """What was asked of a study."""

    reader: str = "analyses"
    columns: set[str] = field(default_factory=set)
    fits: set[str] = field(default_factory=set)
    tables: set[str] = field(default_factory=set)
    files: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Study:
    """All inputs of the exhibits, read lazily from ``data/`` and ``build/``."""

    root: Path
    reads: Reads = field(default_factory=Reads, compare=False)

    def recording(self, reader: str) -> Study:
        """Give the same study with an empty record for one reader (a file); frames already read are shared."""
        fresh = replace(self, reads=Reads(reader))
        fresh.__dict__.update({k: v for k, v in self.__dict__.items() if k not in ("root", "reads")})
        return fresh

    @cached_property
    def codebook(self) -> Codebook:
        """The declaration of all variables."""
        return read_codebook(self.root / "data" / "codebook")

    @cached_property
    def _panel(self) -> pd.DataFrame:
        """The whole panel, sorted by unit and wave; only ``select`` gives rows of it, and binds what it gives."""
        return pd.read_parquet(self.root / "build" / "panel.parquet").reset_index()

    @cached_property
    def comparability(self) -> Comparability:
        """What may be compared over time, as the waves declare it."""
        return read_comparability(self.root / "build" / "comparability.csv")

    @cached_property
    def waves(self) -> tuple[str, ...]:
        """All waves, in order."""
        return tuple(sorted(self._panel["wave"].unique()))

    @cached_property
    def synthetic(self) -> bool:
        """True when any unit is simulated; then every output says so."""
        return bool(self._panel["synthetic"].any())

    def select(
        self, *columns: str, waves: Iterable[str] | None = None, where: str | None = None
    ) -> pd.DataFrame:
        """Columns of the panel, after ``unit`` and ``wave``; a copy.

        Rows of several waves are a comparison over time: every column asked for, or named in ``where``, must allow it.

        Parameters
        ----------
        columns
            Names of columns; a multiple choice gives all its indicator columns.
        waves
            Waves to keep; all by default. A single wave compares nothing.
        where
            Rows to keep, as a pandas query on any column.

        Raises
        ------
        ComparabilityError
            When a column cannot be compared across the waves of these rows; says what to use instead.

        """
        wanted: list[str] = []
        known = list(self._panel.columns)
        for name in columns:
            found = [name] if name in known else [c for c in known if c.startswith(f"{name}__")]
            if not found:
                raise UsageError(f"The panel has no column {name!r}.{self._near(name, known)}")
            wanted += found
        rows = self._panel if waves is None else self._panel[self._panel["wave"].isin(list(waves))]
        named = names_in_query(where or "", known)
        rows = rows.query(where) if where else rows
        self.reads.columns.update(columns, named)
        self.comparability.require([*wanted, *named], rows["wave"].unique(), self.reads.reader)
        return rows[list(dict.fromkeys(["unit", "wave", *wanted]))].reset_index(drop=True)

    def _near(self, name: str, known: list[str]) -> str:
        whole = name.removesuffix(CORE)
        if whole != name and whole in known:
            return f" All items of {whole!r} can be compared in all waves: use it."
        return did_you_mean(name, known)

    @property
    def reasons(self) -> pd.DataFrame:
        """Why each answer is there or missing: index (unit, wave), one column a question."""
        self.reads.files.add("build/reasons.parquet")
        return self._reasons

    @cached_property
    def _reasons(self) -> pd.DataFrame:
        return pd.read_parquet(self.root / "build" / "reasons.parquet")

    def fit(self, name: str) -> Fit:
        """Give an estimated model; one that did not converge or compares what cannot be compared is refused."""
        self.reads.fits.add(name)
        path = self.root / "build" / "fits" / f"{name}.json"
        if not path.exists():
            known = [p.stem for p in path.parent.glob("*.json")]
            raise UsageError(f"No model is named {name!r}.{did_you_mean(name, known)}")
        fit = read_fit(path)
        fit.require_converged()
        self.comparability.require_spec(fit.spec, self._panel)
        return fit

    @property
    def register(self) -> Register:
        """Organisations, events, memberships and support."""
        self.reads.files.update(f"data/{n}.csv" for n in ("register", "events", "memberships", "support"))
        return self._register

    @cached_property
    def _register(self) -> Register:
        return read_register(self.root / "data", self.codebook)

    @property
    def cases(self) -> list[Case]:
        """Case studies that may be shown."""
        self.reads.files.add("data/cases/*.md")
        return self._cases

    @cached_property
    def _cases(self) -> list[Case]:
        return read_cases(self.root / "data" / "cases", self.codebook, self._register)

    @property
    def margins(self) -> dict[str, pd.Series]:
        """Shares of the population by category, by margin."""
        self.reads.files.add("data/frame.csv")
        return self._margins

    @cached_property
    def _margins(self) -> dict[str, pd.Series]:
        return read_frame(self.root / "data" / "frame.csv", self.codebook)

    def table(self, name: str) -> pd.DataFrame:
        """Give a table of ``build/`` (``participation``, ``weighting``) or of ``data/reference/``; text or numbers."""
        if "/" in name or name == "panel":
            raise UsageError(
                f"{name!r} is not read as a table: answers are given by select, open text by nobody."
            )
        self.reads.tables.add(name)
        for folder in ("build", "data/reference"):
            path = self.root / folder / f"{name}.csv"
            if path.exists():
                self.reads.files.add(f"{folder}/{name}.csv")
                text = dict.fromkeys(("wave", "unit", "entry_wave", "code", "year", "department"), str)
                return pd.read_csv(path, dtype=text, encoding="utf-8", keep_default_na=False, na_values=[""])
        raise UsageError(f"No table is named {name!r}.")

    @cached_property
    def wave_files(self) -> dict[str, dict[str, str]]:
        """Data file of each wave: its ``file`` and ``sha256``, by wave."""
        report = json.loads((self.root / "build" / "waves.json").read_text(encoding="utf-8"))
        return {wave: {key: entry[key] for key in ("file", "sha256")} for wave, entry in report.items()}
