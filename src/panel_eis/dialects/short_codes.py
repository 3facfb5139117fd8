"""Names that LimeSurvey takes, derived from the codebook at writing and again at reading: no map is kept anywhere.

LimeSurvey takes letters and digits only: 20 characters for a question, beginning with a letter, 5 for an answer (and
we hold choices of a multiple question to the same 5). What fits keeps its name. Other names keep their start, followed
by a digest of the whole, so that a question or choice that is added later changes no other code.

Source: rules of LimeSurvey's models ``Question`` (``title``) and ``Answer`` (``code``).
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from panel_eis.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from panel_eis.codebook import Codebook

LONGEST_QUESTION, LONGEST_ANSWER = 20, 5
RESERVED = (
    "lang",
    "sid",
    "savedid",
    "token",
    "qid",
    "gid",
    "sgq",
    "self",
    "that",
    "this",
    "time",
    "comment",
    "other",
    "id",
    "seed",
)
"""Names with a meaning of their own in LimeSurvey's expressions and exports."""
RESERVED_CHOICES = ("time", "other")
"""A box ``time`` is renamed at random by the import; a box ``other`` would be the text of one's own."""
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_TRIES = 1_000


def question_codes(codebook: Codebook) -> dict[str, str]:
    """LimeSurvey's code of every question asked, by its name."""
    return _short((v.name for v in codebook.asked), LONGEST_QUESTION, digest=5, first="q", reserved=RESERVED)


def answer_codes(codebook: Codebook, list_name: str) -> dict[str, str]:
    """LimeSurvey's code of every choice of a list, missing ones too, by its code."""
    return _short(
        (c.name for c in codebook.lists[list_name]), LONGEST_ANSWER, digest=3, reserved=RESERVED_CHOICES
    )


def _short(
    names: Iterable[str], longest: int, *, digest: int, reserved: tuple[str, ...] = (), first: str = ""
) -> dict[str, str]:
    """Codes of letters and digits, different even where case is not told apart."""
    names = list(names)
    start = "[A-Za-z]" if first else "[A-Za-z0-9]"
    fitting = re.compile(f"{start}[A-Za-z0-9]{{0,{longest - 1}}}")
    codes: dict[str, str] = {}
    taken = set(reserved)
    for name in names:
        if fitting.fullmatch(name) and name.lower() not in taken:
            codes[name] = name
            taken.add(name.lower())
    for name in names:
        if name not in codes:
            codes[name] = next(
                code for code in _candidates(name, longest, digest, first) if code.lower() not in taken
            )
            taken.add(codes[name].lower())
    return {name: codes[name] for name in names}


def _candidates(name: str, longest: int, digest: int, first: str) -> Iterable[str]:
    bare = re.sub("[^A-Za-z0-9]", "", name)
    if first and not bare[:1].isalpha():
        bare = first + bare
    for attempt in range(_TRIES):
        number = int.from_bytes(hashlib.sha256(f"{name}\0{attempt}".encode()).digest()[:8], "big")
        tail = "".join(_DIGITS[number // 36**place % 36] for place in range(digest))
        yield bare[: longest - digest] + tail
    raise UsageError(f"No code of {longest} characters is left for {name!r}.")
