"""The process that calls pyreadstat: cells of an SPSS or Stata file, as JSON on the standard output.

Usage: ``python -m panel_eis.readers.library read_sav FILE ENCODING DECIMAL DATES``.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from panel_eis.errors import DataError
from panel_eis.readers.bounds import WHOLE, check_shape
from panel_eis.readers.table import as_text


def cells_of(function: str, path: str, encoding: str, decimal: str, dates: str) -> dict[str, Any]:
    """Names and cells of a statistical file, or its shape when beyond the limits, or the reason of its refusal."""
    import pyreadstat  # noqa: PLC0415  # loaded for files of these formats only

    read = getattr(pyreadstat, function)
    options = {"user_missing": True, "output_format": "dict", "encoding": encoding or None}
    shape = (0, 0)
    try:
        _, meta = read(path, metadataonly=True, **options)
        shape = (max(meta.number_rows or 0, 0), meta.number_columns)
        check_shape(*shape, path)
        values, meta = read(path, row_limit=WHOLE.rows + 1, **options)
    except DataError:
        return {"shape": shape}
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, ValueError, OverflowError) as error:
        return {"reason": str(error)}
    names, kinds = list(meta.column_names), meta.readstat_variable_types
    columns = [_cells(values[n], kinds[n], decimal, dates) for n in names]
    return {
        "names": names,
        "columns": columns,
        "encoding": (meta.file_encoding or "").lower(),
        "labels": {n: _labels(labels) for n, labels in meta.variable_value_labels.items()},
        "missing": {n: _missing(values[n], c, meta, n) for n, c in zip(names, columns, strict=True)},
    }


def _labels(labels: dict[Any, str]) -> dict[str, str]:
    """Labels by code, the codes as the cells have them."""
    return {f".{k}" if isinstance(k, str) and k.isalpha() else as_text(k): v for k, v in labels.items()}


def _missing(values: Any, texts: list[str], meta: Any, name: str) -> list[str]:
    """Codes of one variable that the file declares missing and that occur; a letter of Stata is always one."""
    ranges = meta.missing_ranges.get(name, [])
    found = {
        text
        for value, text in zip(values, texts, strict=True)
        if text and any(type(r["lo"]) is type(value) and r["lo"] <= value <= r["hi"] for r in ranges)
    }
    declared = meta.missing_user_values.get(name, [])
    found |= {f".{letter}" for letter in declared if f".{letter}" in texts}
    return sorted(found)


def _cells(values: Any, kind: str, decimal: str, dates: str) -> list[str]:
    """Cells of one variable; in a numeric variable a letter is a missing code of Stata."""
    texts = [as_text(getattr(v, "item", lambda v=v: v)(), decimal, dates) for v in values]
    if kind == "string":
        return texts
    return [
        f".{text}" if isinstance(v, str) and text else text for v, text in zip(values, texts, strict=True)
    ]


if __name__ == "__main__":
    json.dump(cells_of(*sys.argv[1:]), sys.stdout)
