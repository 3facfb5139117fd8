"""Direct identifiers are found and never shown; pseudonyms are stable, keyed, and lead back only in the private folder.

Numbers here are made: nine digits of a counter and the check digits that Luhn's rule asks for.
"""

import csv
import stat
import subprocess

import pandas as pd
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from panel_eis.cli import main
from panel_eis.errors import DataError, report
from panel_eis.identifiers import column_kind, header_kind, personal_kind, read_number
from panel_eis.panel import check_wave
from panel_eis.pseudonyms import pseudonym, pseudonymise
from panel_eis.register import read_register


def luhn(digits: str) -> str:
    """The number with its check digit."""
    total = sum(sum(divmod(2 * int(d), 10)) if k % 2 == 0 else int(d) for k, d in enumerate(reversed(digits)))
    return digits + str(-total % 10)


def siren(k: int) -> str:
    return luhn(f"{81234567 + 7 * k:08d}")


def siret(k: int, establishment: int = 1) -> str:
    return luhn(f"{siren(k)}{establishment:04d}")


SMALL = luhn("01234567")  # a SIREN that starts with zero
LA_POSTE = "35600000049837"  # sum of digits a multiple of five, Luhn's rule not kept


@pytest.mark.parametrize(
    ("cell", "number", "state"),
    [
        (siret(1), siret(1), "whole"),
        (f"{siren(1)[:3]} {siren(1)[3:6]} {siren(1)[6:]}", siren(1), "whole"),
        (f"{siret(2)}.0", siret(2), "float"),
        (luhn(f"{SMALL}0001").lstrip("0"), luhn(f"{SMALL}0001"), "zero"),
        (SMALL[1:], SMALL, "zero"),
        (f"{siret(3)[0]},{siret(3)[1:]}E+13", siret(3), "scientific"),
        (LA_POSTE, LA_POSTE, "whole"),
        ("8,12346E+13", "", "rounded"),
        ("8.12E+08", "", "rounded"),
        (siret(1)[:-1] + str((int(siret(1)[-1]) + 1) % 10), "", "checksum"),
        ("12345", "", "length"),
        ("inconnu", "", "length"),
        ("", "", "empty"),
    ],
)  # fmt: skip
def test_what_a_spreadsheet_did_to_a_number_is_named_and_mended_where_that_is_sure(cell, number, state):
    """Digits that are gone stay gone; a wrong check digit is never guessed away."""
    found = read_number(cell)
    assert (found.number, found.state) == (number, state)


@given(st.integers(0, 10**7), st.integers(1, 9999), st.integers(0, 13), st.integers(1, 9))
def test_one_wrong_digit_is_always_seen(k, establishment, place, change):
    """Luhn's rule sees every single error."""
    number = siret(k, establishment)
    wrong = number[:place] + str((int(number[place]) + change) % 10) + number[place + 1 :]
    assert read_number(wrong).number == ""


def column(*cells):
    return pd.Series(cells, dtype=object)


@pytest.mark.parametrize(
    ("header", "cells", "kind"),
    [
        ("q12", (siret(1), "", siret(2)), "siret"),
        ("q12", (f"{siret(1)}.0",), "siret"),
        ("q12", ("8,12346E+13",), "siret"),
        ("N° SIRET", ("8,1E+13",), "siret"),
        ("siren", (siren(4),), "siren"),
        ("q12", (siren(1), siren(2), siren(3)), "siren"),
        ("q12", ("marie@exemple.fr",), "email"),
        ("q12", ("06 12 34 56 78",), "phone"),
        ("q12", ("+33 6 12 34 56 78",), "phone"),
        ("Nom", ("Durand",), "name"),
        ("Prénom", ("Marie",), "name"),
        ("Courriel", ("à venir",), "email"),
        ("RecipientFirstName", ("Marie",), "name"),
        ("nom", ("", ""), ""),
        ("nombre", ("12",), ""),
        ("nom_de_la_structure", ("12",), ""),
        ("mode", ("phone",), ""),
        ("q12", ("120000000", "350000000", "99000000"), ""),
        ("q12", (siren(1), "350000000", "240000000", "710000000"), ""),
        ("q12", ("1234.56", "1234567.89", "0.612345678"), ""),
        ("q12", ("2025-05-31", "31/05/2025", "2025-05-31T10:20:30.123+02:00"), ""),
        ("q12", ("20250531102030", "20240101000000"), ""),
        ("q12", ("f3b2c1d0-1234-5678-9abc-def012345678",), ""),
        ("q12", ("45.7640432", "4.835659000"), ""),
        ("q12", ("SYN-0001", "P-0001A"), ""),
    ],
)  # fmt: skip
def test_a_column_is_known_for_what_it_holds_and_amounts_are_not_sirens(header, cells, kind):
    """Numbers by check digits and by their column; dates, coordinates, codes and amounts are left alone."""
    assert column_kind(header, column(*cells)) == kind


def test_columns_of_amounts_hardly_ever_look_like_sirens():
    """Nine-digit amounts: one in ten has the check digit, a whole column never."""
    import numpy as np

    rng = np.random.default_rng(4)
    hits = sum(
        column_kind("budget", column(*(str(v) for v in rng.integers(10**8, 10**9, 12)))) != ""
        for _ in range(300)
    )
    assert hits == 0
    one = column(*(str(v) for v in rng.integers(10**8, 10**9, 2000)))
    assert column_kind("montant", one, numeric=True) == ""


def test_a_question_of_the_codebook_keeps_its_name(codebook):
    """No question of ours has a header that announces an identifier."""
    assert not [v.name for v in codebook.asked if header_kind(v.name)]


def test_the_committed_waves_hold_no_identifier(root, codebook):
    """No false alarm on 240 columns of three waves."""
    from panel_eis.identifiers import find_identifiers
    from panel_eis.waves import read_wave

    for path in sorted((root / "data" / "waves").glob("*.csv")):
        assert find_identifiers(read_wave(path), codebook) == []


@pytest.mark.parametrize("value", [siret(5), "marie.durand@exemple.fr", "04 72 00 00 00"])
def test_an_identifier_stops_the_run_and_is_not_shown(root, codebook, wave_file, value):
    """Error with the column and the way out, in both languages; not a digit of it."""
    wave_file.columns.append("q_extra")
    wave_file.set(1, q_extra=value)
    with pytest.raises(DataError) as caught:
        check_wave(wave_file.write(), codebook, read_register(root / "data", codebook))
    assert [(p.code, p.column, p.row) for p in caught.value.problems] == [("E-IDENTIFIER", "q_extra", 3)]
    for lang in ("fr", "en"):
        assert value not in report(caught.value.problems, lang)
        assert "identifiers" in report(caught.value.problems, lang)


def test_a_siret_in_a_question_of_ours_or_mapped_to_the_unit_stops_the_run(root, codebook, wave_file):
    """Also when a column is mapped: the pseudonym is not the number."""
    register = read_register(root / "data", codebook)
    wave_file.set(1, respondent="marie@exemple.fr")
    with pytest.raises(DataError) as caught:
        check_wave(wave_file.write(), codebook, register)
    assert [p.column for p in caught.value.problems] == ["respondent"]
    wave_file.set(1, respondent="R-2", unit=siret(6)).set(0, unit=siret(7))
    with pytest.raises(DataError) as caught:
        check_wave(wave_file.write(), codebook, register)
    assert {p.code for p in caught.value.problems} == {"E-IDENTIFIER"}


def test_a_declared_column_is_not_read_at_all(root, codebook, wave_file):
    """``identifiers:`` in the sidecar; ``unused`` alone is not enough."""
    wave_file.columns.append("courriel")
    wave_file.set(1, courriel="marie@exemple.fr")
    register = read_register(root / "data", codebook)
    answers = check_wave(wave_file.write(sidecar="identifiers: [courriel]\n"), codebook, register)[0]
    assert not any("exemple" in str(v) for v in answers.to_numpy().ravel())
    for sidecar, code in (
        ("unused: [courriel]\n", "E-IDENTIFIER"),
        ("identifiers: [couriel]\n", "E-SIDECAR-COLUMN"),
    ):
        with pytest.raises(DataError) as caught:
            check_wave(wave_file.write(sidecar=sidecar), codebook, register)
        assert {p.code for p in caught.value.problems} == {code}


def test_open_text_with_an_address_or_a_number_is_a_warning_without_the_text(root, codebook, wave_file):
    """People write them into the last question."""
    wave_file.set(0, comment="Écrivez à marie@exemple.fr").set(
        1, comment="Nous avons servi 120 000 000 repas"
    )
    problems = check_wave(wave_file.write(), codebook, read_register(root / "data", codebook))[2]
    found = [p for p in problems if p.code == "W-IDENTIFIER-TEXT"]
    assert [(p.row, p.column) for p in found] == [(2, "comment")]
    assert "marie" not in report(found, "fr") + report(found, "en")
    assert personal_kind("au 04 72 00 00 00, le matin") == "phone"


HEADER = ["siret", "nom", "courriel", "staff", "comment"]


def export(folder, *rows, header=HEADER, name="export.csv"):
    path = folder / name
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(header)
        writer.writerows(rows)
    return path


def run(folder, path, **options):
    return pseudonymise(path, folder / "out" / f"{path.stem}.csv", folder / "private", **options)


def copy_of(done):
    return pd.read_csv(done.path, dtype=str, keep_default_na=False)


def test_the_copy_has_pseudonyms_of_the_register_and_no_people(tmp_path, codebook):
    """The file itself is unchanged; key and table are readable by their owner alone."""
    path = export(
        tmp_path, [siret(1), "Durand", "a@b.fr", "12", ""], [f"{siret(2)}.0", "Petit", "", "3", "ok"]
    )
    before = path.read_bytes()
    done = run(tmp_path, path)
    copy = copy_of(done)
    assert list(copy.columns) == ["siret", "staff", "comment"]
    pattern = codebook["unit"].constraint.split("'")[1]
    assert copy["siret"].str.fullmatch(pattern).all()
    assert (done.organisations, done.new, done.dropped, done.mended) == (
        2,
        2,
        ("nom", "courriel"),
        {"float": 1},
    )
    assert path.read_bytes() == before
    for name in ("key.txt", "correspondence.csv"):
        assert stat.S_IMODE((tmp_path / "private" / name).stat().st_mode) == 0o600
    text = done.path.read_text(encoding="utf-8")
    assert not any(secret in text for secret in (siren(1), siren(2), "Durand", "@"))


def test_pseudonyms_are_the_same_at_the_next_wave_and_for_all_establishments(tmp_path):
    """The unit is the organisation (SIREN); the table grows."""
    first = run(
        tmp_path, export(tmp_path, [siret(1), "", "", "1", ""], [siret(2), "", "", "1", ""], name="a.csv")
    )
    rows = ([siret(2, 7), "", "", "1", ""], [siret(3), "", "", "1", ""])
    second = run(tmp_path, export(tmp_path, *rows, name="b.csv"))
    assert copy_of(second)["siret"][0] == copy_of(first)["siret"][1]
    assert (second.organisations, second.new) == (2, 1)
    table = pd.read_csv(tmp_path / "private" / "correspondence.csv", dtype=str)
    assert len(table) == 3
    assert sorted(table.set_index("siren").loc[siren(2), "sirets"].split()) == sorted([siret(2), siret(2, 7)])


def test_another_key_gives_other_pseudonyms_and_is_refused_beside_the_table(tmp_path):
    """A lost key is told, not replaced."""
    a, b = bytes(32), bytes([1] * 32)
    assert pseudonym(siren(1), a) != pseudonym(siren(1), b)
    assert pseudonym(siren(1), a) == pseudonym(siren(1), a)
    path = export(tmp_path, [siret(1), "", "", "1", ""])
    run(tmp_path, path)
    key = tmp_path / "private" / "key.txt"
    for change in (lambda: key.write_text("ab" * 32), key.unlink):
        change()
        with pytest.raises(DataError) as caught:
            pseudonymise(path, tmp_path / "again.csv", tmp_path / "private")
        assert [p.code for p in caught.value.problems] == ["E-PSEUDONYM-KEY"]


def test_a_collision_is_seen_and_nothing_is_written(tmp_path):
    """With one sign in place of eight, forty organisations cannot have forty pseudonyms."""
    path = export(tmp_path, *([siret(k), "", "", "1", ""] for k in range(40)))
    with pytest.raises(DataError) as caught:
        run(tmp_path, path, length=1)
    assert [p.code for p in caught.value.problems] == ["E-PSEUDONYM-COLLISION"]
    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "private" / "correspondence.csv").exists()


def test_all_numbers_that_cannot_be_mended_are_told_and_nothing_is_written(tmp_path):
    """With the row, and without the number."""
    wrong = siret(1)[:-1] + str((int(siret(1)[-1]) + 1) % 10)
    path = export(tmp_path, *([n, "", "", "1", ""] for n in (siret(1), "8,12346E+13", wrong, "123", "")))
    with pytest.raises(DataError) as caught:
        run(tmp_path, path)
    found = [(p.code, p.row) for p in caught.value.problems]
    assert found == [
        ("E-SIREN-ROUNDED", 3), ("E-SIREN-CHECKSUM", 4), ("E-SIREN-LENGTH", 5), ("E-SIREN-EMPTY", 6),
    ]  # fmt: skip
    assert wrong not in report(caught.value.problems, "fr")
    assert not (tmp_path / "out").exists()


def test_a_private_folder_that_git_would_see_is_refused(tmp_path):
    """Not ignored; ignored but already tracked; then ignored."""
    git = ["git", "-C", str(tmp_path)]
    subprocess.run([*git, "init", "-q"], check=True)
    path = export(tmp_path, [siret(1), "", "", "1", ""])

    def refused():
        with pytest.raises(DataError) as caught:
            run(tmp_path, path)
        return [p.code for p in caught.value.problems]

    assert refused() == ["E-PRIVATE-TRACKED"]
    assert not (tmp_path / "private").exists()
    (tmp_path / "private").mkdir()
    (tmp_path / "private" / "old.txt").write_text("x")
    subprocess.run([*git, "add", "-A"], check=True)
    (tmp_path / ".gitignore").write_text("private/\n")
    assert refused() == ["E-PRIVATE-TRACKED"]
    subprocess.run([*git, "rm", "-q", "--cached", "private/old.txt"], check=True)
    assert run(tmp_path, path).organisations == 1


def test_the_project_ignores_its_private_folder(root):
    """So that the default of the command is safe."""
    assert "private/" in (root / ".gitignore").read_text().splitlines()


def test_a_key_that_others_can_read_and_a_copy_that_exists_are_refused(tmp_path):
    """Nothing is overwritten."""
    path = export(tmp_path, [siret(1), "", "", "1", ""])
    run(tmp_path, path)
    with pytest.raises(DataError) as caught:
        run(tmp_path, path)
    assert [p.code for p in caught.value.problems] == ["E-OUT-EXISTS"]
    (tmp_path / "private" / "key.txt").chmod(0o644)
    with pytest.raises(DataError) as caught:
        pseudonymise(path, tmp_path / "b.csv", tmp_path / "private")
    assert [p.code for p in caught.value.problems] == ["E-PRIVATE-OPEN"]


def test_the_column_is_found_or_asked_for(tmp_path):
    """None, two, or one that is not there."""
    row = [siret(1), siret(2), "1"]
    two = export(tmp_path, row, header=["siret", "siret_siege", "staff"], name="two.csv")
    none = export(tmp_path, ["1"], header=["staff"], name="none.csv")
    for path, options, code in (
        (two, {}, "E-PSEUDONYM-COLUMNS"), (none, {}, "E-PSEUDONYM-NONE"), (two, {"column": "sirte"}, "E-PSEUDONYM-COLUMN"),
    ):  # fmt: skip
        with pytest.raises(DataError) as caught:
            run(tmp_path, path, **options)
        assert [p.code for p in caught.value.problems] == [code]
    assert list(copy_of(run(tmp_path, two, column="siret_siege")).columns) == ["siret_siege", "staff"]


def test_the_command_says_what_it_did_in_both_languages(tmp_path):
    """And keeps the real numbers to itself."""
    path = export(tmp_path, [siret(1), "Durand", "", "1", "appelez le 04 72 00 00 00"])
    said = {}
    for lang in ("fr", "en"):
        arguments = [
            "pseudonymise",
            str(path),
            "--root",
            str(tmp_path),
            "--out",
            f"{lang}.csv",
            "--lang",
            lang,
        ]
        outcome = CliRunner().invoke(main, arguments)
        assert outcome.exit_code == 0, outcome.output
        said[lang] = outcome.output
        assert siren(1) not in outcome.output
    assert "colonnes retirées : nom" in said["fr"]
    assert "columns left out: nom" in said["en"]
    assert "W-IDENTIFIER-TEXT" in said["en"]


def test_a_wave_with_identifiers_is_not_even_copied(root, codebook, wave_file, tmp_path):
    """What git has seen once stays in its history; a sidecar written before may declare the column."""
    import shutil

    from panel_eis.intake.add import add_wave

    shutil.copytree(root / "data", tmp_path / "p" / "data")
    wave_file.columns.append("courriel")
    wave_file.set(1, courriel="marie@exemple.fr")
    path = wave_file.write("2027")
    with pytest.raises(DataError) as caught:
        add_wave(tmp_path / "p", path, "2027")
    assert [p.code for p in caught.value.problems] == ["E-IDENTIFIER"]
    assert "2027.yml" in report(caught.value.problems, "en")
    target = tmp_path / "p" / "data" / "waves" / "2027.csv"
    assert not target.exists()
    target.with_suffix(".yml").write_text("identifiers: [courriel]\n", encoding="utf-8")
    add_wave(tmp_path / "p", path, "2027")
    assert target.exists()


@pytest.mark.parametrize(
    "odd",
    [
        "81234567800012",
        "a@b.fr",
        "8,12346E+13",
        "06 12 34 56 78",
        "1 2 3 4 5 6 7 8",
        "é 12345678",
        "1e5",
        "٠e+٥",
        "١٢٣٤٥٦٧٨",
    ],
)
@pytest.mark.parametrize("others", ["P-", "année née ‘’ €", "|"])
def test_looking_at_octets_first_passes_over_no_suspect(odd, others):
    """Of many texts, all that could be an identifier are still searched, and few others."""
    from panel_eis import identifiers

    texts = [*(f"SYN-{n}" for n in range(2_000)), odd, *(f"{others}{n}" for n in range(9)), ""]
    assert identifiers._suspects(texts) == [2_000]
    assert len(identifiers._worth_a_search(texts)) == 1


def test_every_digit_of_unicode_counts_before_the_search():
    """The pattern takes all of them for digits; so does what is asked before it."""
    import unicodedata

    from panel_eis import identifiers

    digits = [chr(c) for c in range(0x110000) if unicodedata.category(chr(c)) == "Nd"]
    texts = [digit * 8 for digit in digits] + ["-"] * 1_000
    assert identifiers._worth_a_search(texts) == list(range(len(digits)))
