"""The whole road in a temporary copy: built once, then touched, broken, widened and built again."""

import html
import json
import os
import re
import shutil
import subprocess
import sys
import time
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from panel_eis.exhibits import find_exhibits, load_exhibit
from panel_eis.study import Study
from panel_eis.wording import fill
from whole_project import EXACT, copy_project, digests, run_panel_eis

PAGES = ("index", "report", "codebook", "about", "cases", "case-01", "variable-ladder")


def _done(result):
    """Names of the steps that a build did."""
    return re.findall(r"^\w+ +(.+?) +[0-9.]+ s$", result.stderr, flags=re.MULTILINE)


@pytest.fixture(scope="module")
def undisturbed(built):
    """Digests of the first build, before any test changed the project."""
    return json.loads((built.parent / "digests.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def elsewhere(root, tmp_path_factory):
    """Another folder, hash seed, time zone, locale and number of threads; killed while figures are written, and run again.

    Gives the folder and, of the figures that the killed run left, the last line.
    """
    folder = copy_project(root, tmp_path_factory.mktemp("elsewhere"))
    settings = {"PYTHONHASHSEED": "2", "TZ": "America/Lima", "OPENBLAS_NUM_THREADS": "2", "LC_ALL": "C"}
    process = subprocess.Popen(
        [sys.executable, "-m", "panel_eis", "build", "--until", "facts"],
        cwd=folder,
        env=os.environ | {"PANEL_EIS_QUARTO": "no"} | settings,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 300
    while not list(Path(folder / "build").glob("exhibits/fr/*.svg")) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.kill()
    process.wait()
    left = [f for f in (folder / "build").rglob("*.svg") if not f.name.startswith(".writing-")]
    ends = [f.read_text(encoding="utf-8").rstrip()[-6:] for f in left]
    result = run_panel_eis(folder, "build", "--until", "facts", **settings)
    assert result.returncode == 0, result.stderr
    return folder, ends


NOTE = {
    "fr": ("Lecture", "Champ", "Question", "Source", "\u00a0:"),
    "en": ("How to read", "Base", "Question", "Source", ":"),
}


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_every_exhibit_is_whole(built, lang):
    """Title, alternative text with a number, how to read, base, wording of the questions, source; the data as file and table."""
    out = built / "build" / "exhibits"
    labels = sorted(p.stem for p in out.glob("*-*.json"))
    assert labels == sorted(find_exhibits(built / "analyses"))
    for label in labels:
        shown = (out / lang / f"{label}.md").read_text(encoding="utf-8")
        title = re.search(r"^!\[(.+)\]\(|^: (.+) \{#", shown, flags=re.MULTILINE)
        assert title, label
        assert len(title[1] or title[2]) > 20, label
        if label.startswith("fig-"):
            alt = re.search(r'fig-alt="([^"]+)"', shown)[1]
            assert re.search(r"\d", alt), f"{label}: {alt}"
        note = shown.split("{.exhibit-note}")[1].split(":::")[0]
        for part in NOTE[lang][:4]:
            assert re.search(rf"\*{part}\*{NOTE[lang][4]} \S.{{9}}", note), f"{label}: {part}"
        assert not re.search(r"\bnan\b|\binf\b|None", note), f"{label}: {note}"
        assert len(pd.read_csv(out / f"{label}.csv", comment="#")), label
        for piece in ("<details", f"{label}.csv", "<table", "<caption>"):
            assert piece in shown, f"{label}: {piece}"
        if lang == "fr":
            assert not re.search(r" [:;?!»%]|« ", note), f"{label}: {note}"


def test_titles_and_notes_change_with_the_data(built):
    """Answers dealt again at random among all organisations: other titles, other notes, in both languages."""

    class Dealt(Study):
        @cached_property
        def _panel(self):
            panel, rng = Study._panel.func(self), np.random.default_rng(3)
            kept = ("unit", "wave", "interview_date", "synthetic", "entry_wave")
            dealt = [c for c in panel if c not in kept and not c.startswith("weight")]
            for stem in dict.fromkeys(c.split("__")[0] for c in dealt):
                same = [c for c in dealt if c.split("__")[0] == stem]
                panel[same] = panel[same].take(rng.integers(0, len(panel), len(panel))).set_axis(panel.index)
            return panel

    changed = Dealt(built)
    for label in ("fig-ladder", "fig-tools", "fig-criteria", "fig-barriers", "fig-performance", "tbl-cost", "fig-words-roles"):  # fmt: skip
        exhibit = load_exhibit(find_exhibits(built / "analyses")[label])
        data = exhibit.module.data(changed)
        values = exhibit.module.values(data, changed)
        record = json.loads((built / "build" / "exhibits" / f"{label}.json").read_text(encoding="utf-8"))
        for lang in ("fr", "en"):
            assert (
                fill(exhibit.text[lang]["caption"], values, lang).lower() != record["caption"][lang].lower()
            )
            shown = (built / "build" / "exhibits" / lang / f"{label}.md").read_text(encoding="utf-8")
            assert fill(exhibit.text[lang]["reading"], values, lang) not in shown


def test_the_report_is_there_in_both_languages_and_three_formats(built):
    """HTML pages, PDF and DOCX; none is empty; nothing is left unresolved."""
    site = built / "build" / "site"
    for lang in ("fr", "en"):
        for page in PAGES:
            text = (site / "paper" / lang / f"{page}.html").read_text(encoding="utf-8")
            assert f'lang="{lang}"' in text
            assert "{{<" not in text
            assert "?var:" not in text
            assert not re.search(
                r"(?<![\w=/])@(fig|tbl|sec)-", re.sub(r"<pre.*?</pre>", "", text, flags=re.DOTALL)
            )
        assert (site / "paper" / lang / "report.pdf").read_bytes().startswith(b"%PDF")
        assert (site / "paper" / lang / "report.docx").stat().st_size > 50_000
    assert (site / "index.html").exists()


def test_every_page_that_shows_data_says_that_they_are_synthetic(built):
    """Pages, figures, data behind figures, the panel itself."""
    words = {"fr": "DONNÉES SYNTHÉTIQUES", "en": "SYNTHETIC DATA"}
    for lang, word in words.items():
        for page in ("index", "report", "about"):
            text = (built / "build" / "site" / "paper" / lang / f"{page}.html").read_text(encoding="utf-8")
            assert word in text
        for figure in (built / "build" / "exhibits" / lang).glob("*.svg"):
            assert word in figure.read_text(encoding="utf-8")
    for data in (built / "build" / "exhibits").glob("*.csv"):
        assert data.read_text(encoding="utf-8").startswith("# DONNÉES SYNTHÉTIQUES / SYNTHETIC DATA")
    assert pd.read_parquet(built / "build" / "panel.parquet")["synthetic"].all()


def test_nothing_in_the_site_is_loaded_from_the_network(built):
    """No script, style, font or image with an address."""
    for page in (built / "build" / "site").rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        for match in re.findall(r'<(?:script|link|img|iframe|source)[^>]+(?:src|href)="([^"]+)"', text):
            assert not match.startswith(("http:", "https:", "//")), (page, match)


def test_every_link_of_every_page_leads_to_a_file_and_to_a_place_in_it(built):
    """Pages, folds, tables of contents and cross-references, in both languages."""
    site = (built / "build" / "site").resolve()
    texts = {page: page.read_text(encoding="utf-8") for page in sorted(site.rglob("*.html"))}
    places = {page: set(re.findall(r'\sid="([^"]+)"', text)) for page, text in texts.items()}
    wrong, seen = [], set()
    for page, text in texts.items():
        for link in re.findall(
            r'\s(?:href|src)="([^"]+)"', re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL)
        ):
            name, _, place = html.unescape(link).partition("#")
            if re.match(r"\w+:", name):
                continue
            target = (page.parent / name).resolve() if name else page
            seen.add((page.stem, target.stem))
            if not target.is_file() or (place and place not in places.get(target, {place})):
                wrong.append(f"{page.relative_to(site)}: {link}")
    assert not wrong
    for pair in (
        ("report", "codebook"),
        ("codebook", "report"),
        ("codebook", "quality"),
        ("cases", "case-01"),
        ("case-01", "cases"),
        ("cases", "codebook"),
        ("case-01", "codebook"),
        ("case-01", "report"),
        ("report", "case-01"),
        ("report", "variable-ladder"),
        ("codebook", "variable-ladder"),
        ("variable-ladder", "codebook"),
        ("variable-ladder", "report"),
        ("variable-ladder", "variable-frequency"),
        ("case-01", "variable-legal-form"),
    ):
        assert pair in seen, pair


def test_every_file_offered_is_there_and_its_link_says_kind_and_size(built):
    """Data under each exhibit, figures as SVG and PNG, the report as PDF and DOCX; never inside the page."""
    kinds = set()
    for page in (built / "build" / "site").rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert 'href="data:' not in text, page
        for href, said in re.findall(r'<a\b[^>]*? href="([^"#:]+)"[^>]*>(.*?)</a>', text, flags=re.DOTALL):
            file = (page.parent / href).resolve()
            assert file.is_file(), (page, href)
            if file.suffix == ".html":
                continue
            words = re.sub(r"<[^>]+>|\s+", " ", said).replace("\u00a0", " ")
            kind, size, unit = re.search(r"\((\w+), ([\d.,]+) (Ko|Mo|kB|MB)\)", words).groups()
            assert kind == file.suffix[1:].upper(), (page, words)
            factor = {"K": 1e3, "k": 1e3, "M": 1e6}[unit[0]]
            told = float(size.replace(",", ".")) * factor
            assert abs(told - file.stat().st_size) <= max(0.5 * factor / (10 if factor > 1e3 else 1), 1000), (
                words
            )
            kinds.add((page.parent.name, kind))
    assert {(lang, kind) for lang in ("fr", "en") for kind in ("CSV", "SVG", "PNG", "PDF", "DOCX")} <= kinds


def test_a_second_build_does_nothing(built):
    """And says so; how fast is measured in benchmarks/."""
    result = run_panel_eis(built, "build")
    assert _done(result) == []
    assert "up to date" in result.stdout


def test_touch_and_a_comment_redo_nothing(built):
    """Content decides, not time; code is its syntax tree."""
    (built / "data" / "waves" / "2023.csv").touch()
    figure = built / "analyses" / "fig_ladder.py"
    figure.write_text(figure.read_text(encoding="utf-8") + "\n# a remark\n", encoding="utf-8")
    assert _done(run_panel_eis(built, "build")) == []


def test_touching_one_exhibit_redoes_it_and_the_pages_that_show_it(built):
    """fig-ladder is on the index and the report of both languages, and nowhere else."""
    figure = built / "analyses" / "fig_ladder.py"
    before = figure.read_text(encoding="utf-8")
    figure.write_text(before.replace("height=0.72", "height=0.7"), encoding="utf-8")
    assert figure.read_text(encoding="utf-8") != before
    explained = run_panel_eis(built, "why", "--lang", "en").stdout
    assert "fig-ladder: fig-ladder: code has changed" in explained
    done = set(_done(run_panel_eis(built, "build")))
    assert "fig-ladder" in done
    assert done - {"fig-ladder", "search fr", "search en"} == {
        f"paper/{lang}/{page}"
        for lang in ("fr", "en")
        for page in ("index html", "report html", "report typst", "report docx")
    }


def test_a_bad_wave_changes_nothing_and_says_everything(built):
    """Exit code 1, all problems at once, in the language asked for; outputs stay as they were."""
    path = built / "data" / "waves" / "2025.csv"
    good = path.read_text(encoding="utf-8")
    before = digests(built, *EXACT)
    lines = good.splitlines(keepends=True)
    header = lines[0].strip().split(",")
    cells = lines[1].rstrip("\n").split(",")
    cells[header.index("department")], cells[header.index("staff")] = "69", "douze"
    path.write_text("".join([lines[0], ",".join(cells) + "\n", *lines[2:]]), encoding="utf-8")
    for command in ("check", "build"):
        result = run_panel_eis(built, command, "--lang", "fr")
        assert result.returncode == 1
        assert "ligne 2" in result.stderr
        assert "department" in result.stderr
        assert "douze" in result.stderr
        assert "Rien n'a été modifié." in result.stderr
        assert "Traceback" not in result.stderr
    assert digests(built, *EXACT) == before
    path.write_text(good, encoding="utf-8")
    assert _done(run_panel_eis(built, "build")) == []


def test_a_new_wave_is_one_file_and_updates_the_report(root, built, tmp_path):
    """data/waves/2027.csv is dropped in; what depends on it is redone; numbers of earlier waves stay."""
    other = copy_project(root, tmp_path)
    made = run_panel_eis(other, "simulate", "--waves", "2021,2023,2025,2027")
    assert made.returncode == 0, made.stderr
    earlier = pd.read_csv(built / "build" / "exhibits" / "fig-ladder.csv", comment="#")
    for name in ("register.csv", "events.csv", "memberships.csv", "support.csv"):
        shutil.copy(other / "data" / name, built / "data" / name)
    for wave in ("2021", "2023", "2025", "2027"):
        shutil.copy(other / "data" / "waves" / f"{wave}.csv", built / "data" / "waves" / f"{wave}.csv")
    result = run_panel_eis(built, "build")
    assert result.returncode == 0, result.stderr
    done = _done(result)
    assert "wave 2027" in done
    later = pd.read_csv(built / "build" / "exhibits" / "fig-ladder.csv", comment="#")
    assert set(later["wave"].astype(str)) == {"2021", "2023", "2025", "2027"}
    kept = later[later["wave"] != 2027].reset_index(drop=True)
    pd.testing.assert_frame_equal(kept, earlier)
    assert "2027" in (built / "build" / "site" / "paper" / "fr" / "report.html").read_text(encoding="utf-8")


def test_two_builds_elsewhere_give_the_same_bytes(undisturbed, elsewhere):
    """The same files, byte for byte, pages aside."""
    folder, _ = elsewhere
    assert undisturbed
    assert digests(folder, *EXACT) == undisturbed


def test_trace_goes_from_the_page_to_the_question(built):
    """Page, file, models, columns, questions, waves."""
    text = run_panel_eis(built, "trace", "fig-model", "--lang", "en").stdout
    for part in ("paper/fr/report.qmd:", "analyses/fig_model.py", "score-within-between", "sha256"):
        assert part in text
    ladder = run_panel_eis(built, "trace", "fig-ladder", "--lang", "fr").stdout
    assert "paper/fr/index.qmd:" in ladder
    assert "Échelle d'adoption" in ladder


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_the_fold_under_each_exhibit_says_what_trace_says(built, lang):
    """Word for word, on the page that shows it; trace has but the lines of the paper before."""
    for label in ("fig-model", "tbl-network"):
        page = (built / "build" / "site" / "paper" / lang / "report.html").read_text(encoding="utf-8")
        fold = re.search(
            rf"<details class=\"exhibit-code exhibit-trail\">\s*<summary>[^<]*<span[^>]*> \({label}\).*?</details>",
            page,
            re.DOTALL,
        )[0]
        told = [
            html.unescape(re.sub("<[^>]+>", "", part))
            for part in re.findall(r"<d[td]>(.*?)</d[td]>", fold, re.DOTALL)
        ]
        trail = run_panel_eis(built, "trace", label, "--lang", lang).stdout.split("\n\n")[-1]
        assert told == [line.strip() for line in trail.strip().splitlines()]


def test_an_interrupted_build_leaves_no_half_file(elsewhere):
    """Killed while figures were being written: those that are there are whole."""
    _, ends = elsewhere
    assert ends
    assert set(ends) == {"</svg>"}


def test_one_wave_gives_the_quality_report_and_no_white_paper(root, tmp_path):
    """After the first fieldwork there is a panel to check; what compares waves waits for the second."""
    folder = copy_project(root, tmp_path)
    _keep_waves(folder, "2025")
    refused = run_panel_eis(folder, "build")
    assert refused.returncode == 2
    assert "one wave only (2025)" in refused.stderr
    assert not (folder / "build" / "panel.parquet").exists()
    made = run_panel_eis(folder, "build", "--until", "panel")
    assert made.returncode == 0, made.stderr
    told = run_panel_eis(folder, "quality")
    assert told.returncode == 0, told.stderr
    assert "2025: 214 approached" in told.stdout
    assert "one wave only" in told.stdout


@pytest.mark.slow
def test_with_real_waves_the_banner_goes_and_nothing_else_must_change(root, tmp_path):
    """Two waves of organisations that are not simulated, and no case yet: the report is made, and says nothing of simulation."""
    folder = copy_project(root, tmp_path)
    _keep_waves(folder, "2023", "2025")
    for case in (folder / "data" / "cases").glob("*.md"):
        case.unlink()
    for path in (folder / "data").rglob("*.csv"):
        path.write_text(path.read_text(encoding="utf-8").replace("SYN-", "ORG-"), encoding="utf-8")
    result = run_panel_eis(folder, "build")
    assert result.returncode == 0, result.stderr
    own = {"design", "glossary"} | {p.stem for p in (root / "paper" / "fr").glob("case-*.qmd")}
    said = re.compile(r"synth[ée]ti|simulé|simulated|démonstration|demonstration", re.IGNORECASE)
    for page in sorted((folder / "build" / "site" / "paper").rglob("*.html")):
        text = re.sub(r"(?s)<(script|style|pre|code).*?</\1>|<[^>]+>", " ", page.read_text(encoding="utf-8"))
        found = None if page.stem in own else said.search(text)
        assert not found, f"{page.parent.name}/{page.name}: {text[found.start() - 60 : found.end() + 60]}"
    assert "Aucun cas" in (folder / "build" / "site" / "paper" / "fr" / "cases.html").read_text(
        encoding="utf-8"
    )


def _keep_waves(folder, *kept):
    """Leave only these waves, in all tables that name waves."""
    for path in (folder / "data" / "waves").iterdir():
        if path.stem not in kept:
            path.unlink()
    for name in ("corrections", "dispositions"):
        path = folder / "data" / f"{name}.csv"
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        start = next(i for i, line in enumerate(lines) if not line.startswith("#"))
        place = lines[start].strip().split(",").index("wave")
        rows = [line for line in lines[start + 1 :] if line.split(",")[place] in kept]
        path.write_text("".join([*lines[: start + 1], *rows]), encoding="utf-8")
