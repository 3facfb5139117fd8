"""Tables as text: for pages (pandoc's pipe tables) and for the fold under a figure (HTML).

Whatever comes from data is escaped: open text can become neither markup, nor a shortcode, nor a formula.
"""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#|~^$@])")


def escape_markdown(text: str) -> str:
    """Text that pandoc and Quarto print as it is (shortcodes included)."""
    return _MARKDOWN.sub(r"\\\1", str(text)).replace("\n", " ")


def pipe_table(frame: pd.DataFrame, caption: str, label: str, *, widths: tuple[int, ...] = ()) -> str:
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
        Relative widths of the columns; equal when absent.

    """
    shares = widths or tuple([3] + [2] * (frame.shape[1] - 1))
    rules = [":" + "-" * (4 * shares[0] - 1)] + ["-" * (4 * w - 1) + ":" for w in shares[1:]]
    lines = ["| " + " | ".join(escape_markdown(c) for c in frame.columns) + " |", "|" + "|".join(rules) + "|"]
    lines += [
        "| " + " | ".join(escape_markdown(c) for c in row) + " |" for row in frame.itertuples(index=False)
    ]
    return "\n".join(lines) + f"\n\n: {caption} {{#{label}}}\n"


def html_table(frame: pd.DataFrame, caption: str) -> str:
    """Give an HTML table with caption and scopes; every cell escaped."""
    head = "".join(f'<th scope="col">{html.escape(str(c))}</th>' for c in frame.columns)
    rows = []
    for first, *rest in frame.itertuples(index=False):
        cells = "".join(f"<td>{html.escape(str(c))}</td>" for c in rest)
        rows.append(f'<tr><th scope="row">{html.escape(str(first))}</th>{cells}</tr>')
    return (
        f'<div class="table-scroll" tabindex="0"><table><caption>{html.escape(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )
