"""Filters and constraints of the codebook, written in LimeSurvey's ExpressionScript with the same meaning.

The codebook speaks XPath, where nothing is above or below an empty answer; ExpressionScript counts an empty number as 0
or joins it as text, so every comparison of numbers says that its questions are answered. A choice of a multiple
question is the variable ``question_choice``, which is ``Y`` when ticked.

Source: LimeSurvey manual, "ExpressionScript – Presentation" (``.NAOK``, ``that``, ``is_empty``, ``count``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from panel_eis.dialects import answer_codes, question_codes
from panel_eis.errors import UsageError
from panel_eis.expressions import tokenise

if TYPE_CHECKING:
    from panel_eis.codebook import Codebook, Variable

TRUE, FALSE = "1 == 1", "1 == 0"
_SIGNS = {"=": "==", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_ARITHMETIC = {"+": "+", "-": "-", "*": "*", "div": "/"}


@dataclass(frozen=True)
class _Value:
    """One side of a comparison: its script, the questions it needs answered, and what it is."""

    script: str
    needs: tuple[str, ...] = ()
    variable: Variable | None = None
    kind: str = "text"


class _Writer:
    """Recursive descent over the tokens of one expression, writing as it reads."""

    def __init__(self, source: str, codebook: Codebook, wave: str, current: Variable | None) -> None:
        self.source, self.codebook, self.wave, self.current = source, codebook, wave, current
        self.tokens, self.codes = tokenise(source), question_codes(codebook)

    def fail(self) -> UsageError:
        return UsageError(f"Expression {self.source!r} has no equivalent in LimeSurvey.")

    def peek(self) -> str:
        return self.tokens[0][1] if self.tokens else ""

    def take(self, text: str = "") -> tuple[str, str]:
        if not self.tokens or (text and self.peek() != text):
            raise self.fail()
        return self.tokens.pop(0)

    def either(self) -> str:
        parts = [self.both()]
        while self.peek() == "or":
            self.take()
            parts.append(self.both())
        return parts[0] if len(parts) == 1 else "(" + " or ".join(parts) + ")"

    def both(self) -> str:
        parts = [self.comparison()]
        while self.peek() == "and":
            self.take()
            parts.append(self.comparison())
        return parts[0] if len(parts) == 1 else "(" + " and ".join(parts) + ")"

    def comparison(self) -> str:
        if self.peek() == "(":
            self.take("(")
            inner = self.either()
            self.take(")")
            return inner
        if self.peek() in ("not", "selected", "regex"):
            return self.call()
        left = self.total()
        if self.peek() not in _SIGNS:
            raise self.fail()
        return self.compared(left, self.take()[1], self.total())

    def total(self) -> _Value:
        value = self.atom()
        while self.peek() in _ARITHMETIC:
            sign = _ARITHMETIC[self.take()[1]]
            other = self.atom()
            script = f"({value.script} {sign} {other.script})"
            value = _Value(script, value.needs + other.needs, kind="number")
        return value

    def atom(self) -> _Value:
        kind, text = self.take()
        if kind == "number":
            return _Value(text, kind="number")
        if kind == "text":
            return _Value(text[1:-1])
        if kind in ("dot", "field"):
            return self.question(text)
        if text == "count-selected":
            self.take("(")
            value = self.question(self.take()[1])
            self.take(")")
            return (
                _Value("0", kind="number") if value.variable is None else _Value(value.script, kind="number")
            )
        raise self.fail()

    def question(self, text: str) -> _Value:
        """The answer to a question; one that is not asked yet is the empty text."""
        variable = self.current if text == "." else self.codebook[text[2:-1]]
        if variable is None:
            raise self.fail()
        if variable.derived:
            raise UsageError(
                f"Expression {self.source!r}: a form cannot read {variable.name!r}, which is computed."
            )
        if variable.since > self.wave:
            return _Value("")
        script = reference(variable, self.codes)
        empty = f"{script} == 0" if variable.kind == "select_multiple" else f"is_empty({script})"
        kind = "number" if variable.kind in ("integer", "decimal") else "text"
        return _Value(script, (empty,), variable, kind)

    def compared(self, left: _Value, sign: str, right: _Value) -> str:
        if right == _Value("") and left.variable is not None and sign in ("=", "!="):
            empty = left.needs[0]
            if sign == "=":
                return empty
            return empty.replace(" == 0", " > 0") if " == 0" in empty else f"!{empty}"
        if sign not in ("=", "!=") or "number" in (left.kind, right.kind):
            return _by_number(left, sign, right)
        if left.variable is None and right.variable is None:
            return TRUE if (left.script == right.script) == (sign == "=") else FALSE
        if left.variable is None or right.variable is not None or left.variable.kind == "select_multiple":
            raise self.fail()
        return f"{left.script} {_SIGNS[sign]} '{self.answer(left.variable, right.script)}'"

    def call(self) -> str:
        name = self.take()[1]
        self.take("(")
        if name == "not":
            inner = self.either()
            self.take(")")
            return f"!({inner})"
        value = self.question(self.take()[1])
        self.take(",")
        text = self.take()[1][1:-1]
        self.take(")")
        if value.variable is None:
            return FALSE
        if name == "regex":
            return f"regexMatch('{pattern(text)}', {value.script})"
        code = self.answer(value.variable, text)
        if value.variable.kind == "select_multiple":
            return f"{self.codes[value.variable.name]}_{code}.NAOK == 'Y'"
        return f"{value.script} == '{code}'"

    def answer(self, variable: Variable, code: str) -> str:
        if variable.kind not in ("select_one", "select_multiple"):
            return code
        known = answer_codes(self.codebook, variable.list_name)
        if code not in known:
            raise UsageError(f"Expression {self.source!r}: {variable.name!r} has no answer {code!r}.")
        return known[code]


def _by_number(left: _Value, sign: str, right: _Value) -> str:
    """Compare numbers as XPath does: an empty side makes all but ``!=`` false."""
    if "" in (left.script, right.script):
        return TRUE if sign == "!=" else FALSE
    bare = f"{left.script} {_SIGNS[sign]} {right.script}"
    needs = list(dict.fromkeys(left.needs + right.needs))
    if sign == "!=":
        return "(" + " or ".join([*needs, bare]) + ")" if needs else bare
    return "(" + " and ".join([*(f"!{need}" for need in needs), bare]) + ")" if needs else bare


def reference(variable: Variable, codes: dict[str, str]) -> str:
    """How an expression reads a question; of a multiple one, the number of choices that are ticked."""
    code = codes[variable.name]
    return f"count(that.{code}.NAOK)" if variable.kind == "select_multiple" else f"{code}.NAOK"


def pattern(text: str) -> str:
    """A regular expression of the codebook, which is of the whole answer, as PCRE."""
    if "'" in text or "/" in text:
        raise UsageError(f"LimeSurvey cannot check the pattern {text!r}: it has a quote or a slash.")
    return f"/^(?:{text.removeprefix('^').removesuffix('$')})$/"


def relevance(variable: Variable, codebook: Codebook, wave: str) -> str:
    """When a question is shown; ``1`` is always."""
    return _script(variable.relevant, codebook, wave, None) if variable.relevant else "1"


def validation(variable: Variable, codebook: Codebook, wave: str) -> tuple[str, str]:
    """What an answer has to be, as a pattern or else as an equation; an empty answer is always allowed."""
    if not variable.constraint:
        return "", ""
    alone = re.fullmatch(r"\s*regex\(\s*\.\s*,\s*'([^']*)'\s*\)\s*", variable.constraint)
    if alone:
        return pattern(alone[1]), ""
    script = reference(variable, question_codes(codebook))
    empty = f"{script} == 0" if variable.kind == "select_multiple" else f"is_empty({script})"
    return "", f"({empty} or {_script(variable.constraint, codebook, wave, variable)})"


def _script(source: str, codebook: Codebook, wave: str, current: Variable | None) -> str:
    writer = _Writer(source, codebook, wave, current)
    script = writer.either()
    if writer.tokens:
        raise writer.fail()
    return script
