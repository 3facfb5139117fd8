"""The table of one variable in the codebook: who was asked, what was answered, why some did not, by wave."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from panel_eis.annex_words import ROWS, WORDS
from panel_eis.distributions import QUANTILES, listed
from panel_eis.harmonise import REASONS
from panel_eis.tables import escape_html
from panel_eis.wording import number

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from panel_eis.codebook import Codebook, Variable
    from panel_eis.errors import Lang

TABLE = '<table data-quarto-disable-processing="true">'
"""Quarto would parse each of these tables anew, and double the time of the page for the same looks."""
HIDDEN, ABSENT = "s", "–"
"""Signs of a number that is too small to be shown, as in the quality report, and of one that cannot be."""


def answers_table(
    variable: Variable, rows: pd.DataFrame, codebook: Codebook, waves: Sequence[str], lang: Lang
) -> str:
    """HTML table of one variable, with caption and scopes.

    Parameters
    ----------
    rows
        Its rows of ``distributions``.

    """
    cells = {(str(r.part), str(r.row), str(r.wave)): r for r in rows.itertuples()}
    return _Table(variable, cells, codebook, waves, lang).html()


@dataclass(frozen=True)
class _Table:
    variable: Variable
    cells: Mapping[tuple[str, str, str], Any]
    codebook: Codebook
    waves: Sequence[str]
    lang: Lang

    def html(self) -> str:
        words, name = WORDS[self.lang], self.variable.name
        head = "".join(f'<th scope="col">{wave}</th>' for wave in self.waves)
        title = f"{words['answers']}{words['colon']}{escape_html(self.variable.short[self.lang])}"
        lines = "".join(self.lines())
        return (
            f'<div class="table-scroll" role="region" tabindex="0" aria-label="{words["answers"]}, {name}">'
            f'{TABLE}<caption>{title}</caption><thead><tr><th scope="col">{words["row"]}</th>{head}</tr></thead>'
            f"<tbody>{lines}</tbody></table></div>"
        )

    def lines(self) -> list[str]:
        """Rows of the table: base, answers or quantiles, reasons."""
        words, there = WORDS[self.lang], list(dict.fromkeys((part, row) for part, row, _ in self.cells))
        labels = {c.name: c.label[self.lang] for c in self.codebook.choices(self._list())}
        lines = [
            self.counts("base", row, words[row]) for row in ("asked", "answered") if ("base", row) in there
        ]
        lines += [
            self.line(
                f"<code>{_breaking(code)}</code> {escape_html(labels[code])}",
                [self.share(code, w) for w in self.waves],
            )
            for part, code in there
            if part == "answer"
        ]
        lines += [
            self.line(ROWS[self.lang][q], self.quantiles(q)) for q in QUANTILES if ("quantile", q) in there
        ]
        without = f"{words['gaps']}{words['colon']}"
        return lines + [
            self.counts("reason", reason, without + ROWS[self.lang][reason])
            for reason in REASONS
            if ("reason", reason) in there
        ]

    def _list(self) -> str:
        return listed(self.variable, self.codebook) or "yes_no"

    def line(self, head: str, cells: Sequence[str]) -> str:
        return f'<tr><th scope="row">{head}</th>{"".join(cells)}</tr>\n'

    def counts(self, part: str, row: str, head: str) -> str:
        """Counts of one kind by wave; a rounded one says so."""
        said = []
        for wave in self.waves:
            cell = self.cells.get((part, row, wave))
            if cell is None:
                said.append("<td>0</td>")
            else:
                about = "≈\u00a0" if part == "base" and not pd.isna(cell.value) else ""
                said.append(f"<td>{HIDDEN if pd.isna(cell.n) else about + number(cell.n, self.lang)}</td>")
        return self.line(head, said)

    def share(self, code: str, wave: str) -> str:
        """Percentage, with the bar that the style sheet draws from it."""
        cell = self.cells.get(("answer", code, wave))
        if cell is None or pd.isna(cell.value):
            return f"<td>{ABSENT if cell is None else HIDDEN}</td>"
        percent = round(100 * cell.value)
        return f'<td style="--p:{percent}">{WORDS[self.lang]["percent"].format(percent)}</td>'

    def quantiles(self, name: str) -> list[str]:
        """A quantile by wave in the unit of the question; money of an organisation is rounded to two digits.

        A row keeps one number of decimals, so that its waves are read alike.
        """
        found = [self.cells.get(("quantile", name, wave)) for wave in self.waves]
        values = [None if cell is None or pd.isna(cell.value) else float(cell.value) for cell in found]
        if self.variable.sensitive == "restricted":
            values = [None if value is None else float(f"{value:.2g}") for value in values]
        there = [value for value in values if value is not None]
        whole = all(value.is_integer() for value in there) or any(abs(value) >= 100 for value in there)
        return [
            f"<td>{(ABSENT if cell is None else HIDDEN) if value is None else self.written(value, whole)}</td>"
            for cell, value in zip(found, values, strict=True)
        ]

    def written(self, value: float, whole: bool) -> str:
        """A date, a year, or a number of the language."""
        if self.variable.kind == "date":
            return str(pd.Timestamp(value, unit="D").date())
        if self.variable.measure == "year":
            return str(round(value))
        return number(value, self.lang, 0 if whole else 1)


def _breaking(code: str) -> str:
    """A code that a narrow screen breaks after an underscore rather than within a word."""
    return escape_html(code).replace("_", "_<wbr>")
