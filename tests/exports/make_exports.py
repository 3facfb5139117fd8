"""Make the example files beside this script: three fictitious answers, once in each format that is read.

``python tests/exports/make_exports.py`` writes them anew. Workbooks are written with the standard library alone,
so that the same answers are the same bytes; SPSS and Stata files carry the time at which they were written.
"""

import csv
import io
import sys
import zipfile
from datetime import date
from pathlib import Path
from xml.sax.saxutils import escape

HERE = Path(__file__).parent
COLUMNS = ("unit", "interview_date", "department", "staff", "budget", "esus", "a1", "a2", "comment")
ANSWERS = (
    ("SYN-0001", date(2023, 3, 1), "01", 12, 1250.5, True, 4, -9, "Évaluée à 50 € « en gros »"),
    ("SYN-0002", date(2023, 12, 31), "69M", 0, 0.1, False, 5, 2, 'Dit "oui", puis non ; l’œuvre'),
    ("SYN-0003", date(2024, 2, 29), "2A", 200000, None, None, 1, 3, ""),
)
LABELS = {
    "a1": {1: "Pas du tout", 4: "Plutôt", 5: "Tout à fait"},
    "a2": {-9: "Refus", 2: "Peu", 3: "Moyennement"},
}
EPOCH = (2023, 1, 1, 0, 0, 0)


def house(value, decimal="."):
    """A cell as the house format writes it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value).replace(".", decimal) if isinstance(value, float) else str(value)


def delimited(separator=",", newline="\n", decimal="."):
    """Text of a CSV or TSV file."""
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=separator, lineterminator=newline)
    writer.writerow(COLUMNS)
    writer.writerows([house(value, decimal) for value in row] for row in ANSWERS)
    return stream.getvalue()


def packed(parts):
    """Bytes of a zip of texts, the same on every run."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            info = zipfile.ZipInfo(name, EPOCH)
            info.compress_type = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            archive.writestr(info, text)
    return stream.getvalue()


def letter(place):
    """Column name of a place counted from 0 (up to ZZ)."""
    return chr(65 + place) if place < 26 else chr(64 + place // 26) + chr(65 + place % 26)


def xlsx_cell(value, place):
    """XML of one typed cell."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return f'<c r="{place}" t="b"><v>{value:d}</v></c>'
    if isinstance(value, date):
        return f'<c r="{place}" s="1"><v>{(value - date(1899, 12, 30)).days}</v></c>'
    if isinstance(value, (int, float)):
        return f'<c r="{place}"><v>{value}</v></c>'
    return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'


def xlsx_rows(rows):
    """``sheetData`` of rows of typed cells."""
    lines = (
        f'<row r="{n}">' + "".join(xlsx_cell(v, f"{letter(c)}{n}") for c, v in enumerate(row)) + "</row>"
        for n, row in enumerate(rows, 1)
    )
    return f"<sheetData>{''.join(lines)}</sheetData>"


def xlsx(sheets, extra=None):
    """Bytes of a workbook: ``sheets`` gives the inner XML of each sheet by name; ``extra`` adds parts."""
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    package = "http://schemas.openxmlformats.org/package/2006"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    numbers = range(1, len(sheets) + 1)
    overrides = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{kind}.worksheet+xml"/>'
        for n in numbers
    )
    entries = "".join(
        f'<sheet name="{escape(name)}" sheetId="{n}" r:id="rId{n}"/>'
        for n, name in zip(numbers, sheets, strict=True)
    )
    links = "".join(
        f'<Relationship Id="rId{n}" Type="{office}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in numbers
    )
    style = "<borders count='1'><border/></borders><cellStyleXfs count='1'><xf/></cellStyleXfs>"
    parts = {
        "[Content_Types].xml": f'{head}<Types xmlns="{package}/content-types">'
        f'<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{kind}.styles+xml"/>{overrides}</Types>',
        "_rels/.rels": f'{head}<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="rId1" Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'{head}<workbook xmlns="{main}" xmlns:r="{office}"><sheets>{entries}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'{head}<Relationships xmlns="{package}/relationships">{links}'
        f'<Relationship Id="rId99" Type="{office}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": f'{head}<styleSheet xmlns="{main}"><fonts count="1"><font/></fonts><fills count="1"><fill/></fills>'
        f'{style}<cellXfs count="2"><xf/><xf numFmtId="14" applyNumberFormat="1"/></cellXfs></styleSheet>',
    }
    for n, inner in zip(numbers, sheets.values(), strict=True):
        parts[f"xl/worksheets/sheet{n}.xml"] = f'{head}<worksheet xmlns="{main}">{inner}</worksheet>'
    return packed(parts | (extra or {}))


def ods_cell(value):
    """XML of one typed cell."""
    if value is None or value == "":
        return "<table:table-cell/>"
    if isinstance(value, bool):
        kind = f'office:value-type="boolean" office:boolean-value="{str(value).lower()}"'
    elif isinstance(value, date):
        kind = f'office:value-type="date" office:date-value="{value}"'
    elif isinstance(value, (int, float)):
        kind = f'office:value-type="float" office:value="{value}"'
    else:
        kind = 'office:value-type="string"'
    return f"<table:table-cell {kind}><text:p>{escape(house(value))}</text:p></table:table-cell>"


def ods_rows(rows):
    """Rows of typed cells, with the blank tail that LibreOffice writes."""
    lines = (f"<table:table-row>{''.join(map(ods_cell, row))}</table:table-row>" for row in rows)
    tail = (
        '<table:table-row table:number-rows-repeated="1048000">'
        '<table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
    )
    return "".join(lines) + tail


def ods(sheets, extra=None):
    """Bytes of a workbook: ``sheets`` gives the rows of each sheet by name; ``extra`` adds parts."""
    urn = "urn:oasis:names:tc:opendocument:xmlns"
    mime = "application/vnd.oasis.opendocument.spreadsheet"
    spaces = " ".join(f'xmlns:{name}="{urn}:{name}:1.0"' for name in ("office", "table", "text"))
    tables = "".join(
        f'<table:table table:name="{escape(name)}">{inner}</table:table>' for name, inner in sheets.items()
    )
    parts = {
        "mimetype": mime,
        "content.xml": f'<?xml version="1.0" encoding="UTF-8"?>\n<office:document-content {spaces} office:version="1.3">'
        f"<office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document-content>",
        "META-INF/manifest.xml": f'<?xml version="1.0" encoding="UTF-8"?>\n<manifest:manifest xmlns:manifest="{urn}:manifest:1.0">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{mime}"/>'
        f'<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>',
    }
    return packed(parts | (extra or {}))


def write_statistical(folder):
    """SPSS and Stata files: codes with labels, -9 declared missing in SPSS."""
    import pandas as pd
    import pyreadstat

    frame = pd.DataFrame(
        [[house(v) if isinstance(v, bool) else v for v in row] for row in ANSWERS], columns=COLUMNS
    )
    frame["esus"] = frame["esus"].fillna("")
    pyreadstat.write_sav(
        frame, folder / "answers.sav", variable_value_labels=LABELS, missing_ranges={"a2": [-9]}
    )
    pyreadstat.write_dta(frame, folder / "answers.dta", variable_value_labels=LABELS)


def make(folder):
    """Write all the examples."""
    rows = [COLUMNS, *ANSWERS]
    texts = {
        "answers.csv": (delimited(), "utf-8"),
        "answers-bom.csv": (delimited(), "utf-8-sig"),
        "answers-utf16.tsv": (delimited("\t"), "utf-16"),
        "answers-windows.csv": (delimited(";", "\r\n", ","), "cp1252"),
        "answers.tsv": (delimited("\t"), "utf-8"),
    }
    for name, (text, encoding) in texts.items():
        (folder / name).write_bytes(text.encode(encoding))
    (folder / "answers.xlsx").write_bytes(xlsx({"Réponses": xlsx_rows(rows), "Vide": "<sheetData/>"}))
    (folder / "answers.ods").write_bytes(ods({"Réponses": ods_rows(rows), "Vide": ods_rows([])}))
    write_statistical(folder)


if __name__ == "__main__":
    make(HERE)
    sys.stdout.write("".join(f"{p.name}\n" for p in sorted(HERE.glob("answers*"))))
