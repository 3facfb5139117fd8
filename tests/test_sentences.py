"""What was asked and cannot be done, and models that are refused, are told in French too: no sentence is forgotten."""

import ast
import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from panel_eis import pipeline
from panel_eis.cli import STAGES, building, main
from panel_eis.cli import help as cli_help
from panel_eis.errors import ModelError, UsageError, catalogue
from panel_eis.models import Spec
from panel_eis.sentences import told

RAISED = ("UsageError", "ModelError", "BuildError", "RenderError")
JOINED = re.compile(r"[^A-Za-z]*(panel-eis power)?[^A-Za-z]*")
"""What is left of a raised sentence that is other sentences joined, or comes in both languages already."""


def written(node):
    """A sentence as the catalogue holds it, blanks numbered; None where it is not written there."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(v.value if isinstance(v, ast.Constant) else "{}" for v in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return "".join(written(side) or "{}" for side in (node.left, node.right))
    return None


def numbered(sentence):
    for k in range(sentence.count("{}")):
        sentence = sentence.replace("{}", f"{{{k}}}", 1)
    return sentence


def test_every_sentence_that_is_raised_is_in_the_catalogue_with_its_french(root):
    """Who adds a refusal adds its French: a row S-… of messages.csv, blanks numbered in their English order."""
    known = {row["expected_en"] for code, row in catalogue().items() if code.startswith("S-")}
    missing = []
    for path in sorted((root / "src" / "panel_eis").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = getattr(getattr(node, "func", None), "id", "")
            if isinstance(node, ast.Call) and name in RAISED and node.args:
                sentence = numbered(written(node.args[0]) or "")
                if sentence not in known and not JOINED.fullmatch(re.sub(r"\{\d\}", "", sentence)):
                    missing.append(f"{path.name}:{node.lineno}: {sentence}")
    assert not missing, "\n".join(missing)


def test_every_sentence_is_said_in_french_with_its_blanks_filled():
    """With plain words in the blanks, none is left empty, in English or in braces."""
    for code, row in catalogue().items():
        if not code.startswith("S-"):
            continue
        words = [f"word{k}" for k in range(9)]
        english = row["expected_en"].format(*words)
        french = told(english, "fr")
        assert french != english, code
        assert told(english, "en") == english
        assert not re.search(r"[{}]", french), code
        for k in range(row["expected_en"].count("{")):
            assert words[k] in french, (code, french)


def test_several_faults_of_one_specification_are_all_told_in_french():
    """Joined sentences, nearest names and quoted words included."""
    with pytest.raises(ModelError) as refused:
        Spec(name="m", outcome="score", regressors=("staff", "staff"), varying=("staf",), estimator="withn")
    said = told(str(refused.value), "fr")
    assert said.startswith("spécification « m » : aucun estimateur ne s'appelle « withn » (connus : ")
    assert "vouliez-vous dire « within » ?" in said
    assert "regressors nomme « staff » deux fois" in said
    assert "« staf » n'est pas parmi les régresseurs ; vouliez-vous dire « staff » ?" in said


def test_a_refusal_that_names_its_model_first_is_told_in_french():
    """The name stays, the reason is translated."""
    said = told("score-within: staff changes in no unit: a within regression has nothing to explain", "fr")
    assert (
        said == "score-within: staff ne change dans aucune unité : une régression within n'a rien à expliquer"
    )
    said = told("score-within: the regressors give the outcome exactly: is one of them a copy of it?", "fr")
    assert said.startswith("score-within : les régresseurs donnent")


@pytest.mark.parametrize(
    ("words", "fr", "en"),
    [
        (["chek"], "Commande inconnue : « chek ». Vouliez-vous dire « check » ?", "No such command 'chek'"),
        (["check", "--nope"], "Option inconnue : « --nope ».", "No such option"),
        (["--nope"], "Option inconnue", "No such option"),
        (["wave", "add", "x.csv"], "Option manquante : « --wave ».", "Missing option"),
        (["wave", "diff", "2021"], "Argument manquant : « B ».", "Missing argument"),
        (["power", "--draws", "x"], "« x » n'est pas un nombre entier.", "not a valid integer"),
        (["check", "--root", "/nowhere"], "Le dossier « /nowhere » n'existe pas.", "does not exist"),
        (["power", "--draws", "1"], "les tirages sont 20 ou plus", "draws are 20 or more"),
        (["trace", "fig-nope"], "n'a été construit", "has been built"),
        (["case", "new", "--id", "12"], "Un cas se nomme comme CASE-12", "A case is named"),
    ],
)
def test_misuse_of_the_command_line_is_told_in_both_languages(words, fr, en, monkeypatch, project):
    """By the locale, and by --lang where the command has it; always with exit code 2."""
    monkeypatch.chdir(project)
    shutil.copy(Path(__file__).parents[1] / "data" / "truth.yml", project / "data")
    for locale, expected in (("fr_FR.UTF-8", fr), ("C.UTF-8", en)):
        monkeypatch.setenv("LC_ALL", locale)
        result = CliRunner().invoke(main, words)
        assert result.exit_code == 2, result.output
        assert expected in result.output
    if words[0] in ("check", "wave", "trace"):
        assert fr in CliRunner().invoke(main, [*words, "--lang", "fr"]).output


def test_a_usage_error_of_python_stays_in_english():
    """Programs read one language."""
    assert "not a key" in str(UsageError("truth.yml: 'x' is not a key."))


@pytest.mark.parametrize(
    ("lang", "done", "words"),
    [
        ("fr", ("wave 2021",), ("Étapes faites : 1 sur 9, en 2,5\u00a0s (contrôle 1,2\u00a0s, figures et tableaux 3,0\u00a0s).", "Mise en page par Quarto.")),
        ("en", ("wave 2021",), ("1 of 9 steps done in 2.5 s: check 1.2 s, exhibits 3.0 s.", "Rendered with Quarto.")),
        ("fr", (), ("Tout est à jour (9 étapes, 2,5\u00a0s).",)),
        ("en", (), ("Everything is up to date (9 steps, 2.5 s).",)),
    ],
)  # fmt: skip
def test_the_build_ends_in_the_language_of_who_reads(lang, done, words, tmp_path, monkeypatch):
    """What was done, how long it took, where the report is; numbers as that language writes them."""
    outcome = pipeline.Outcome(done, {"check": 1.2, "exhibits": 3.0}, "Quarto", 9)
    monkeypatch.setattr(pipeline, "build", lambda *_, **__: outcome)
    monkeypatch.setattr(building.time, "perf_counter", iter((0.0, 2.5)).__next__)
    (tmp_path / "build" / "site").mkdir(parents=True)
    (tmp_path / "build" / "site" / "index.html").touch()
    said = CliRunner().invoke(main, ["build", "--root", str(tmp_path), "--lang", lang]).output.splitlines()
    assert said == [*words, "  site     build/site/index.html"]


def test_the_words_of_all_stages_are_there_in_french():
    """A stage that is added needs its name."""
    assert set(building._STAGES_FR) == set(STAGES)


def test_every_help_text_has_its_french_and_none_is_left_over():
    """Who adds a command or an option adds a row to cli/help.csv."""
    CliRunner().invoke(main, ["--help", "--lang", "en"])
    assert {*cli_help.texts(main), "Show this message and exit."} == {*cli_help.french()}
    assert all(french not in ("", english) for english, french in cli_help.french().items())


@pytest.mark.parametrize("words", [(), ("build",), ("wave", "diff"), ("case", "new")])
def test_help_is_in_the_language_of_who_reads(words, monkeypatch):
    """By locale; the words that click adds too; English is as it was afterwards."""
    monkeypatch.setenv("LC_ALL", "C")
    before = CliRunner().invoke(main, [*words, "--help"]).output
    monkeypatch.setenv("LC_ALL", "fr_FR.UTF-8")
    french = CliRunner().invoke(main, [*words, "--help"]).output
    monkeypatch.setenv("LC_ALL", "C")
    assert CliRunner().invoke(main, [*words, "--help"]).output == before
    assert before.startswith("Usage: ")
    assert french.startswith("Usage : ")
    for english in ("Show this", "Folder", "Language", "Options:", "Commands:", "required", "default:"):
        assert english not in french


def test_lang_says_the_language_of_help_too():
    """Before or after --help; a misuse names the usage once."""
    for order in (["wave", "check", "--lang", "fr", "--help"], ["wave", "check", "--help", "--lang", "fr"]):
        assert "Contrôler une vague" in CliRunner().invoke(main, order).output
    misused = CliRunner().invoke(main, ["build", "--lang", "fr", "--until", "nowhere"]).output
    assert misused.count("Usage") == 1
