"""A column of text as its distinct texts and one whole number a row.

Answers repeat: a million rows hold a few words a question. What depends on the text alone is done once for each
distinct text, and what depends on the row is done on whole numbers. Columns of this kind are categoricals of pandas
whose categories are plain ``str`` objects; a column of objects is taken too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_WHITE = "\t\n\v\f\r\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000"
_UNTIDY = ("  ", "| ", " |", *_WHITE, *map(chr, range(0x2000, 0x200B)))
"""Signs of a text that ``str.split`` would change: all that is white, but for one space between words."""


def split(cells: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Code of each row, and the distinct texts in the order of their first row.

    Returns
    -------
    Whole numbers (rows,) and objects (distinct texts,); ``texts[codes]`` gives the cells.

    """
    if not isinstance(cells.dtype, pd.CategoricalDtype):
        return pd.factorize(cells.to_numpy(dtype=object), use_na_sentinel=False)
    codes, texts = cells.array.codes, cells.array.categories.to_numpy(dtype=object)
    present = pd.unique(codes)
    if len(present) == len(texts) and (present[:-1] < present[1:]).all():
        return codes, texts
    places = np.zeros(len(texts), dtype=np.intp)
    places[present] = np.arange(len(present))
    return places[codes], texts[present]


def joined(codes: np.ndarray, texts: Iterable[str], index: pd.Index, name: Any = None) -> pd.Series:
    """Column from codes and texts, as ``split`` gives them; texts may be equal."""
    places: dict[str, int] = {}
    new = [places.setdefault(text, len(places)) for text in texts]
    if len(places) < len(new):
        codes = np.asarray(new, dtype=np.intp)[codes]
    return column(codes, np.array([*places], dtype=object), index, name)


def column(codes: np.ndarray, texts: np.ndarray, index: pd.Index, name: Any = None) -> pd.Series:
    """Column from codes and texts that all differ."""
    dtype = pd.CategoricalDtype(pd.Index(texts, dtype=object))
    return pd.Series(pd.Categorical.from_codes(codes, dtype=dtype), index=index, name=name, copy=False)


def constant(text: str, index: pd.Index) -> pd.Series:
    """Column that says the same on every row."""
    return column(np.zeros(len(index), dtype=np.int8), np.array([text], dtype=object), index)


def coded(cells: pd.Series) -> pd.Series:
    """The same cells as a column of this kind."""
    if isinstance(cells.dtype, pd.CategoricalDtype):
        return cells
    return column(*split(cells), cells.index, cells.name)


def each_once(cells: pd.Series, change: Callable[[str], str]) -> pd.Series:
    """Cells changed by a function of their text, called once for each distinct text."""
    codes, texts = split(cells)
    changed = [change(text) for text in texts]
    if isinstance(cells.dtype, pd.CategoricalDtype) and all(
        a is b for a, b in zip(changed, texts, strict=True)
    ):
        return cells
    return joined(codes, changed, cells.index, cells.name)


def as_stored(cells: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """As ``split``, faster, in any order, and perhaps with texts that no row has."""
    if isinstance(cells.dtype, pd.CategoricalDtype):
        return cells.array.codes, cells.array.categories.to_numpy(dtype=object)
    return split(cells)


def are_tidy(texts: list[str]) -> bool:
    """True where every text is its words with one space between: never when one is not, nearly always when all are."""
    together = f"|{'|'.join(texts)}|"
    return not any(sign in together for sign in _UNTIDY)


def spread(cells: pd.Series, values: Callable[[pd.Series], Any]) -> pd.Series:
    """Values (any type) that a function gives for a column of distinct texts, on every row of ``cells``."""
    codes, texts = as_stored(cells)
    found = pd.Series(values(pd.Series(texts, dtype=object)), copy=False)
    return pd.Series(found.array.take(codes), index=cells.index, copy=False)


def with_cell(cells: pd.Series, row: Any, text: str) -> pd.Series:
    """The same column with another text on one row."""
    changed = cells.astype(object)
    changed.at[row] = text
    return coded(changed)
