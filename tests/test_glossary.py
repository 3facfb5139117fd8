"""One table of words: page, margin and GLOSSARY.md say the same; what made an edition is told as it is."""

import platform
import re

import pytest

from panel_eis.errors import LANGS, RenderError
from panel_eis.files import sha256
from panel_eis.glossary import (
    COLUMNS,
    TABLE,
    glossary_files,
    glossary_markdown,
    read_glossary,
    write_glossary,
)
from panel_eis.reproducibility import BIBTEX, write_reproducibility


def test_the_glossary_of_the_repository_is_made_from_the_table(root):
    """If this fails: `python -m panel_eis.glossary`."""
    assert (root / "GLOSSARY.md").read_text(encoding="utf-8") == glossary_markdown(root)


def test_every_term_is_explained_in_both_languages_and_has_its_place_on_the_page(root, tmp_path):
    """An entry a term, with an address; the term of the other language is marked as such."""
    write_glossary(root, tmp_path)
    rows = read_glossary(root)
    for lang in LANGS:
        text = (tmp_path / lang / "_glossary.md").read_text(encoding="utf-8")
        assert len(re.findall(r"(?m)^:   ", text)) == len(rows)
        for row in rows:
            assert f"[{row[f'term_{lang}']}]{{#gl-{row['key']}}}\n:   {row[f'definition_{lang}']}" in text
    assert all(path.is_file() for path in glossary_files(root, tmp_path))


def test_a_note_in_the_margin_stands_once_in_the_report_and_leads_to_the_glossary(root, tmp_path):
    """In both languages alike; a term that asks for a note and is not in the report is a mistake of the table."""
    write_glossary(root, tmp_path)
    noted = sorted(row["key"] for row in read_glossary(root) if row["margin"])
    for lang in LANGS:
        report = (root / "paper" / lang / "report.qmd").read_text(encoding="utf-8")
        assert sorted(re.findall(rf"exhibits/{lang}/_term-(\w+)\.md", report)) == noted
        for key in noted:
            assert f"](glossary.qmd#gl-{key})" in (tmp_path / lang / f"_term-{key}.md").read_text(
                encoding="utf-8"
            )


def test_a_hole_in_the_table_is_told_with_its_row(tmp_path):
    """All of them at once."""
    (tmp_path / "paper").mkdir()
    good = "a,field,un,one,,Dit un.,Says one.,"
    rows = [",".join(COLUMNS), good, good, "b,nowhere,deux,two,,,Says two.,"]
    (tmp_path / TABLE).write_text("\n".join(rows) + "\n", encoding="utf-8")
    with pytest.raises(
        RenderError, match="a: comes twice; row 4: definition_fr is empty; row 4: group is one of"
    ):
        read_glossary(tmp_path)


def test_what_made_the_edition_is_what_was_there(root, tmp_path):
    """Python, libraries, renderer, code, seed and the digest of each wave; the same bytes twice; no date, host or path."""
    import pandas as pd

    waves = {f"data/waves/{p.name}": sha256(p) for p in (root / "data" / "waves").glob("*.csv")}
    for out in (tmp_path / "one", tmp_path / "two"):
        write_reproducibility(root, out, waves, "pandoc 9.9", "c0de")
    for lang in LANGS:
        text, again = (
            (tmp_path / out / lang / "_reproducibility.md").read_text(encoding="utf-8")
            for out in ("one", "two")
        )
        assert text == again
        for said in (platform.python_version(), f"pandas {pd.__version__}", "pandoc 9.9", "c0de", "20211"):
            assert said in text
        for wave in (root / "data" / "waves").glob("*.csv"):
            assert f"`data/waves/{wave.name}` `{sha256(wave)}`" in text
        assert str(root) not in text
        assert platform.node() not in text
    assert (
        (tmp_path / "one" / BIBTEX)
        .read_text(encoding="utf-8")
        .startswith("@software{panel_eis,\n  author = {")
    )
