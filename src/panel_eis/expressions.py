"""XLSForm's ``relevant`` and ``constraint`` expressions, evaluated on whole columns.

The codebook says in one place who should have answered and what an answer may be; a form on a phone and the
checks here read the same sentence. Covered is what our codebook writes: ``${name}``, ``.``, literals,
``+ - * div``, comparisons, ``and or not()``, ``selected()``, ``count-selected()`` and ``regex()``, with XPath's
meaning (an unanswered question equals the empty string). Anything else is an error, never a guess.

Source: https://xlsform.org/en/#form-logic and the ODK XForms specification, section "XPath expressions".
"""

from __future__ import annotations

import operator
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from panel_eis.distinct import spread
from panel_eis.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_TOKEN = re.compile(
    r"\s*(?:(?P<field>\$\{\w+\})|(?P<number>[0-9]+(?:\.[0-9]+)?)|(?P<text>'[^']*'|\"[^\"]*\")"
    r"|(?P<op><=|>=|!=|=|<|>|\+|-|\*)|(?P<word>[a-z][a-z-]*)|(?P<dot>\.)|(?P<paren>[(),]))"
)
_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_ARITHMETIC = {"+": operator.add, "-": operator.sub, "*": operator.mul, "div": operator.truediv}


@dataclass
class _Parser:
    """Recursive descent over the tokens; every value is a Series aligned with the frame, or a literal."""

    tokens: list[tuple[str, str]]
    columns: Mapping[str, pd.Series]
    current: pd.Series | None
    source: str
    position: int = 0

    def peek(self) -> tuple[str, str]:
        return self.tokens[self.position] if self.position < len(self.tokens) else ("end", "")

    def take(self, text: str | None = None) -> tuple[str, str]:
        token = self.peek()
        if text is not None and token[1] != text:
            raise UsageError(
                f"Expression {self.source!r}: expected {text!r}, found {token[1] or 'its end'!r}."
            )
        self.position += 1
        return token

    def either(self) -> Any:
        value = self.both()
        while self.peek()[1] == "or":
            self.take()
            value = _truth(value) | _truth(self.both())
        return value

    def both(self) -> Any:
        value = self.comparison()
        while self.peek()[1] == "and":
            self.take()
            value = _truth(value) & _truth(self.comparison())
        return value

    def comparison(self) -> Any:
        left = self.total()
        if self.peek()[1] not in _COMPARE:
            return left
        return _compare(left, self.take()[1], self.total())

    def total(self) -> Any:
        value = self.atom()
        while self.peek()[1] in _ARITHMETIC:
            value = _ARITHMETIC[self.take()[1]](_number(value), _number(self.atom()))
        return value

    def atom(self) -> Any:
        kind, text = self.take()
        if kind == "field":
            return self.field(text[2:-1])
        if kind == "dot":
            if self.current is None:
                raise UsageError(f"Expression {self.source!r}: '.' has no meaning in a 'relevant' column.")
            return self.current
        if kind == "number":
            return float(text)
        if kind == "text":
            return text[1:-1]
        if text == "(":
            value = self.either()
            self.take(")")
            return value
        if kind == "word":
            return self.call(text)
        raise UsageError(f"Expression {self.source!r}: cannot read {text or 'its end'!r}.")

    def field(self, name: str) -> pd.Series:
        if name not in self.columns:
            raise UsageError(f"Expression {self.source!r}: no question is named {name!r}.")
        return self.columns[name]

    def call(self, name: str) -> Any:
        self.take("(")
        arguments = [self.either()]
        while self.peek()[1] == ",":
            self.take()
            arguments.append(self.either())
        self.take(")")
        if name not in _FUNCTIONS or len(arguments) != _FUNCTIONS[name][0]:
            raise UsageError(
                f"Expression {self.source!r}: {name}() with {len(arguments)} arguments is not known."
            )
        return _FUNCTIONS[name][1](*arguments)


def evaluate(source: str, columns: Mapping[str, pd.Series], current: pd.Series | None = None) -> pd.Series:
    """Truth of an expression on every row.

    Parameters
    ----------
    source
        The expression as the codebook writes it.
    columns
        Answers by question name; text columns hold codes (several choices are joined by spaces).
    current
        The column that ``.`` stands for, in a constraint.

    Returns
    -------
    A boolean Series on the rows of ``columns``.

    Raises
    ------
    UsageError
        At any construct that is not understood, and at a name that no question has.

    """
    tokens = tokenise(source)
    parser = _Parser(tokens, columns, current, source)
    value = parser.either()
    if parser.peek()[0] != "end":
        raise UsageError(f"Expression {source!r}: cannot read {parser.peek()[1]!r}.")
    truth = _truth(value)
    if isinstance(truth, pd.Series):
        return truth
    index = current.index if current is not None else next(iter(columns.values())).index
    return pd.Series(bool(truth), index=index)


def tokenise(source: str) -> list[tuple[str, str]]:
    """Kind and text of each token of an expression; raises ``UsageError`` at what is none."""
    tokens, position = [], 0
    while source[position:].strip():
        match = _TOKEN.match(source, position)
        if match is None:
            raise UsageError(f"Expression {source!r}: cannot read {source[position:].strip()!r}.")
        tokens.append((str(match.lastgroup), str(match.group(str(match.lastgroup)))))
        position = match.end()
    return tokens


def _truth(value: Any) -> Any:
    if isinstance(value, pd.Series):
        return value if value.dtype == bool else _by_text(value, lambda cell: cell != "")
    return bool(value)


def _by_text(answers: pd.Series, judge: Callable[[str], Any], dtype: type = bool) -> pd.Series:
    """What a function says of each cell's text, called once for each distinct text; a gap is the empty text."""
    if answers.dtype != object and not isinstance(answers.dtype, pd.CategoricalDtype):
        answers = _text(answers)
    return spread(answers, lambda texts: np.fromiter(map(judge, _plain(texts)), dtype, count=len(texts)))


def _plain(cells: pd.Series) -> list[str]:
    """Texts, the empty one for a gap."""
    return [cell if type(cell) is str else "" if pd.isna(cell) else str(cell) for cell in cells.tolist()]


def _text(value: Any) -> Any:
    if isinstance(value, pd.Series):
        return value.astype("string").fillna("").astype(object)
    return value


def _number(value: Any) -> Any:
    if not isinstance(value, pd.Series):
        return float(value)
    if isinstance(value.dtype, pd.CategoricalDtype):
        return spread(value, lambda texts: pd.to_numeric(texts, errors="coerce").astype(float))
    return pd.to_numeric(value, errors="coerce").astype(float)


def _compare(left: Any, sign: str, right: Any) -> Any:
    """Compare as XPath does: by number when one side is a number, else by text; nothing is above a gap."""
    by_number = any(isinstance(side, float) for side in (left, right)) or sign not in ("=", "!=")
    if by_number:
        return _COMPARE[sign](_number(left), _number(right))
    if isinstance(left, pd.Series) and isinstance(right, str):
        return _by_text(left, lambda cell: _COMPARE[sign](cell, right))
    return _COMPARE[sign](_text(left), _text(right))


def _selected(answers: pd.Series, code: str) -> pd.Series:
    return _by_text(answers, lambda cell: code in cell.split())


def _count_selected(answers: pd.Series) -> pd.Series:
    return _by_text(answers, lambda cell: float(len(cell.split())), float)


def _regex(answers: pd.Series, pattern: str) -> pd.Series:
    compiled = re.compile(pattern)
    return _by_text(answers, compiled.fullmatch)


def _negation(value: Any) -> Any:
    truth = _truth(value)
    return ~truth if isinstance(truth, pd.Series | np.ndarray) else not truth


_FUNCTIONS: dict[str, tuple[int, Callable[..., Any]]] = {
    "selected": (2, _selected),
    "count-selected": (1, _count_selected),
    "regex": (2, _regex),
    "not": (1, _negation),
}
