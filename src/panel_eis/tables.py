"""Tables as text: for pages (pandoc's pipe tables) and for the fold under a figure (HTML).

Whatever comes from data is escaped: open text can become neither markup, nor a shortcode, nor a formula.
"""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    import pandas as pd

_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#|~^$@&])")
_LINES = re.compile("[\\r\\n\\x0b\\x0c\\x1c-\\x1e\\x85\\u2028\\u2029]+")


def escape_markdown(text: str) -> str:
    """Text that pandoc and Quarto print as it is (shortcodes included), on one line."""
    return _MARKDOWN.sub(r"\\\1", _LINES.sub(" ", str(text)))


def escape_html(text: str, *, lines: bool = False) -> str:
    """Text inside an element of a raw block of a page: neither a tag, nor the fence that would end the block.

    Line ends become spaces, unless ``lines`` are kept (in ``<pre>``).
    """
    shown = html.escape(str(text)).replace("`", "&#96;").replace("~", "&#126;")
    return shown if lines else _LINES.sub(" ", shown)


def escape_attribute(text: str) -> str:
    """Text inside a quoted attribute of pandoc's Markdown: neither its end, nor an escape, nor a shortcode."""
    return _LINES.sub(" ", str(text)).translate(str.maketrans('"{}\\`<>', "'()/'‹›"))


def pipe_table(
    frame: pd.DataFrame,
    caption: str,
    label: str,
    *,
    widths: tuple[int, ...] = (),
    text: bool | Collection[str] = False,
) -> str:
    """Give a pipe table with Quarto's caption syntax.

    Parameters
    ----------
    frame
        Text cells, already formatted for the language; the first column is the row header.
    caption
        Markdown.
    label
        ``tbl-…``.
    widths
        Relative widths of the first columns; 2 for those after, and 3 for the first when absent.
    text
        The cells are words, not numbers: all columns start at the left; or those that do, by name.

    Raises
    ------
    ValueError
        A column has no name: a screen reader would announce its cells without one.

    """
    if not all(str(c).strip() for c in frame.columns):
        raise ValueError(f"{label}: a column has no name")
    shares = (widths or (3,)) + (2,) * (frame.shape[1] - len(widths or (3,)))
    words, numbers = (lambda w: f":{'-' * (4 * w - 1)}"), (lambda w: f"{'-' * (4 * w - 1)}:")
    left = set(frame.columns) if text is True else set(text or ())
    pairs = zip(frame.columns[1:], shares[1:], strict=False)
    rules = [words(shares[0]), *((words if c in left else numbers)(w) for c, w in pairs)]
    lines = ["| " + " | ".join(escape_markdown(c) for c in frame.columns) + " |", "|" + "|".join(rules) + "|"]
    lines += [
        "| " + " | ".join(escape_markdown(c) for c in row) + " |" for row in frame.itertuples(index=False)
    ]
    return "\n".join(lines) + f"\n\n: {caption} {{#{label}}}\n"


def html_table(frame: pd.DataFrame, caption: str) -> str:
    """Give an HTML table with caption and scopes, in a box that scrolls by keyboard; every cell escaped."""
    head = "".join(f'<th scope="col">{escape_html(str(c))}</th>' for c in frame.columns)
    rows = []
    for first, *rest in frame.itertuples(index=False):
        cells = "".join(f"<td>{escape_html(str(c))}</td>" for c in rest)
        rows.append(f'<tr><th scope="row">{escape_html(str(first))}</th>{cells}</tr>')
    name = escape_html(caption)
    return (
        f'<div class="table-scroll" role="group" tabindex="0" aria-label="{name}">'
        f"<table><caption>{name}</caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )
