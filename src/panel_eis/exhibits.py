"""Figures and tables of the paper: one file each in ``analyses/``, and the file is the registry.

``fig_ladder.py`` is ``fig-ladder``. Its docstring is YAML: for ``fr`` and ``en`` a ``caption``, a ``reading`` note, the
``base`` (who is counted) and, for a figure, the ``alt`` text; blanks in them are filled with numbers from the data. The
module has ``data(study)``, giving the numbers, ``values(data, study)`` for the blanks, and ``draw(data, study, lang)`` for a
figure or ``display(data, study, lang)`` for a table. A caption says the result, so it has blanks too. The wording of the
questions is found by itself from what was read; ``BEHIND`` names the columns behind a table made for the exhibit,
and a part ``question`` says it in words where it is the whole questionnaire.
"""

from __future__ import annotations

import importlib.util
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from panel_eis.errors import LANGS, RenderError
from panel_eis.files import write_bytes, write_csv, write_text
from panel_eis.style import SYNTHETIC, save_figure
from panel_eis.tables import escape_attribute, escape_html, escape_markdown, html_table, pipe_table
from panel_eis.waves import load_yaml
from panel_eis.wording import file_size, fill

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from types import ModuleType

    import pandas as pd

    from panel_eis.errors import Lang
    from panel_eis.study import Study

_PARTS = {"fig": ("caption", "reading", "base", "alt"), "tbl": ("caption", "reading", "base")}
_FUNCTIONS = {"fig": ("data", "values", "draw"), "tbl": ("data", "values", "display")}
_OWN_QUESTION = "question"
_NOTHING = "nothing"
"""Part that says, in place of all others, that there is no row to show: an edition without cases is an edition."""
_MOST_ROWS = 60
_TAKEN = (("latex", "tex"), ("docx", "docx"))
"""Formats in which a table can be taken away from its page; ``panel-eis table`` gives the others."""
_WORDS = {
    "fr": {
        "reading": "Lecture", "base": "Champ", "question": "Question", "source": "Source",
        "code": "Données et code", "data": "Télécharger les données", "figure": "Télécharger la figure", "rows": "Données",
        "table": "Télécharger le tableau",
        "trail": "D’où viennent ces nombres",
    },
    "en": {
        "reading": "How to read", "base": "Base", "question": "Question", "source": "Source",
        "code": "Data and code", "data": "Download the data", "figure": "Download the figure", "rows": "Data",
        "table": "Download the table",
        "trail": "Where these numbers come from",
    },
}  # fmt: skip


@dataclass(frozen=True)
class Exhibit:
    """One figure or table, as its file declares it."""

    label: str
    kind: str
    path: Path
    text: Mapping[str, Mapping[str, str]]
    module: ModuleType


def find_exhibits(folder: Path) -> dict[str, Path]:
    """Files of all exhibits by label, in order of label."""
    return {
        p.stem.replace("_", "-"): p
        for p in sorted(folder.glob("*.py"))
        if p.stem.startswith(("fig_", "tbl_"))
    }


def load_exhibit(path: Path) -> Exhibit:
    """Import one exhibit and check that it has what its kind needs, in both languages.

    Raises
    ------
    RenderError
        Naming everything that is absent or unknown.

    """
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise RenderError(f"{path.name} cannot be imported.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    kind = path.stem.split("_")[0]
    text, problem = load_yaml(module.__doc__ or "", path.name)
    if problem:
        raise RenderError(f"{path.name}: the docstring is not YAML: {problem.details['reason']}")
    faults = [f"{lang}.{part}" for lang in LANGS for part in _PARTS[kind] if not text.get(lang, {}).get(part)]
    faults += [f"{name}()" for name in _FUNCTIONS[kind] if not callable(getattr(module, name, None))]
    faults += [
        f"unknown {lang}.{p}"
        for lang in text
        for p in text[lang]
        if p not in (*_PARTS[kind], _OWN_QUESTION, _NOTHING) or lang not in LANGS
    ]
    if faults:
        raise RenderError(f"{path.name} lacks: {', '.join(faults)}.")
    return Exhibit(path.stem.replace("_", "-"), kind, path, text, module)


def products(label: str, out: Path) -> list[Path]:
    """Files that an exhibit makes: data and trace once; in each language a fragment, and images or a table to take away."""
    taken = ("svg", "png") if label.startswith("fig-") else tuple(kind for _, kind in _TAKEN)
    local = [out / lang / f"{label}.{suffix}" for lang in LANGS for suffix in (*taken, "md")]
    return [out / f"{label}.csv", out / f"{label}.json", *local]


def fits_read(source: str) -> list[str] | None:
    """Names of the models that an exhibit's source asks for; None when it may ask for any."""
    calls = re.findall(r"\.fit\(\s*([^)]*)\)", source)
    names = [re.fullmatch(r"[\"']([\w-]+)[\"']", call.strip()) for call in calls]
    return None if any(n is None for n in names) else sorted({n[1] for n in names if n})


def write_exhibit(exhibit: Exhibit, study: Study, out: Path) -> None:
    """Make all files of one exhibit, atomically and the same on every run."""
    from panel_eis.asked import question_note  # noqa: PLC0415  # pandas, which a build with nothing to do does without

    study = study.recording(f"analyses/{exhibit.path.name}")
    data = exhibit.module.data(study)
    texts_of = _said(exhibit, data)
    values = {} if _NOTHING in texts_of["fr"] else exhibit.module.values(data, study)
    note = f"{SYNTHETIC['fr']} / {SYNTHETIC['en']}. panel_eis, {exhibit.label}" if study.synthetic else ""
    write_csv(out / f"{exhibit.label}.csv", data, header_note=note)
    captions: dict[str, str] = {}
    texts: dict[Lang, dict[str, str]] = {}
    for lang in LANGS:
        said = texts_of[lang]
        text = {part: fill(words, _escaped(values, escape_markdown), lang) for part, words in said.items()}
        if exhibit.kind == "fig":
            figure = exhibit.module.draw(data, study, lang)
            stem = out / lang / exhibit.label
            save_figure(
                figure, stem, lang=lang, title=fill(said["caption"], values, lang), synthetic=study.synthetic
            )
            text["alt"] = fill(said["alt"], _escaped(values, escape_attribute), lang)
        if _OWN_QUESTION not in text:
            text[_OWN_QUESTION] = question_note(_columns_behind(exhibit, study), study.codebook, lang)
        text["caption"] = _sentence(text["caption"])
        captions[lang] = _sentence(fill(said["caption"], values, lang))
        texts[lang] = text
    shown = {lang: _shown(exhibit, data, texts[lang], study, lang) for lang in LANGS}
    if exhibit.kind == "tbl":
        _write_tables(exhibit.label, shown, out)
    record = _record(exhibit, study) | {"caption": captions}
    for lang in LANGS:
        fragment = shown[lang] + _fold(exhibit, data, _files(exhibit, out, lang), lang)
        write_text(out / lang / f"{exhibit.label}.md", fragment + _trail_fold(record, study, lang))
    write_text(out / f"{exhibit.label}.json", json.dumps(record, indent=1, sort_keys=True) + "\n")


def _said(exhibit: Exhibit, data: pd.DataFrame) -> dict[str, dict[str, str]]:
    """Templates of each language: all but ``nothing`` where there are rows, that alone, as title, where there are none."""
    if data.empty and _NOTHING in exhibit.text["fr"]:
        return {lang: {"caption": exhibit.text[lang][_NOTHING], _NOTHING: ""} for lang in LANGS}
    return {lang: {p: words for p, words in exhibit.text[lang].items() if p != _NOTHING} for lang in LANGS}


def _sentence(text: str) -> str:
    """Text that begins with a capital, inside an opening quotation mark too; a title may begin with a label."""
    start = len(text) - len(text.lstrip("«“\u00a0 "))
    return text[:start] + text[start : start + 1].upper() + text[start + 1 :]


def _columns_behind(exhibit: Exhibit, study: Study) -> set[str]:
    """Columns of the panel that were read, by the exhibit, by its models, and by the tables made for it (``BEHIND``)."""
    columns = set(study.reads.columns) | set(getattr(exhibit.module, "BEHIND", ()))
    for name in sorted(study.reads.fits):
        spec = study.fit(name).spec
        columns |= {spec.outcome, *spec.regressors}
    return columns


def _escaped(values: Mapping[str, Any], escape: Callable[[str], str]) -> dict[str, Any]:
    """Texts that come from data, made harmless where they enter a sentence; numbers stay numbers."""
    return {
        name: {lang: escape(text) for lang, text in value.items()}
        if isinstance(value, dict)
        else escape(value)
        if isinstance(value, str)
        else value
        for name, value in values.items()
    }


def source_line(text: str, sign: str = "def data") -> int:
    """Line of a source where ``sign`` stands first (where an exhibit's numbers are made); 1 if nowhere."""
    before, found, _ = text.partition(f"\n{sign}")
    return before.count("\n") + 2 if found else 1


def _record(exhibit: Exhibit, study: Study) -> dict[str, Any]:
    """What was read, as ``trail`` tells it and the codebook counts it."""
    declared = study.root / "analyses" / "models.py"
    models = declared.read_text(encoding="utf-8") if study.reads.fits else ""
    specs = {name: study.fit(name).spec for name in sorted(study.reads.fits)}
    return {
        "label": exhibit.label,
        "file": f"analyses/{exhibit.path.name}",
        "line": source_line(exhibit.path.read_text(encoding="utf-8")),
        "columns": sorted(study.reads.columns),
        "behind": sorted(getattr(exhibit.module, "BEHIND", ())),
        "fits": sorted(specs),
        "models": {
            name: {
                "line": source_line(models, f'        name="{name}"'),
                "columns": [spec.outcome, *spec.regressors],
                "weights": spec.weights or "",
            }
            for name, spec in specs.items()
        },
        "files": sorted(study.reads.files),
        "waves": study.wave_files,
    }


def _trail_fold(record: Mapping[str, Any], study: Study, lang: Lang) -> str:
    """One click away: where the numbers come from; the same entries as ``panel-eis trace``."""
    from panel_eis.trail import as_html, trail  # noqa: PLC0415  # pandas, which a build with nothing to do does without

    entries = trail(record, study.codebook, study.comparability, lang)
    return (
        f'```{{=html}}\n<details class="exhibit-code exhibit-trail">\n<summary>{_WORDS[lang]["trail"]}'
        f'<span class="visually-hidden"> ({record["label"]})</span></summary>\n{as_html(entries, lang)}\n</details>\n```\n'
    )


def _write_tables(label: str, shown: Mapping[Lang, str], out: Path) -> None:
    """Write a table as readers take it into their own documents; one run of pandoc makes all."""
    from panel_eis.pieces import Asked, pieces  # noqa: PLC0415  # pandoc is for tables alone

    asked = [(lang, *kind) for lang in LANGS for kind in _TAKEN]
    made = pieces([Asked(shown[lang], fmt, lang) for lang, fmt, _ in asked])
    for (lang, _, suffix), content in zip(asked, made, strict=True):
        write_bytes(out / lang / f"{label}.{suffix}", content)


def _shown(exhibit: Exhibit, data: pd.DataFrame, text: Mapping[str, str], study: Study, lang: Lang) -> str:
    """The figure or table with its caption, and its notes: what every format of the paper shows."""
    words = _WORDS[lang]
    caption = text["caption"]
    if exhibit.kind == "fig":
        alt = text["alt"].replace('"', "'")
        shown = (
            f'![{caption}](../../build/exhibits/{lang}/{exhibit.label}){{#{exhibit.label} fig-alt="{alt}"}}\n'
        )
    else:
        table = exhibit.module.display(data, study, lang)
        widths = tuple(getattr(exhibit.module, "WIDTHS", ()))
        shown = pipe_table(
            table, caption, exhibit.label, widths=widths, text=getattr(exhibit.module, "TEXT", False)
        )
    colon = "\u00a0:" if lang == "fr" else ":"
    parts = [part for part in ("reading", "base", "question") if part in text]
    notes = [f"*{words[part]}*{colon} {text[part]}" for part in parts]
    notes.append(f"*{words['source']}*{colon} {_source(study, lang)}")
    lines = "\\\n".join(notes)
    return f"{shown}\n::: {{.exhibit-note}}\n{lines}\n:::\n\n"


def _files(exhibit: Exhibit, out: Path, lang: Lang) -> str:
    """What a reader can take away, each with its kind and size: data, the figure to print, the table for a text."""
    offered = [(out / f"{exhibit.label}.csv", "data")]
    if exhibit.kind == "fig":
        offered += [(out / lang / f"{exhibit.label}.{kind}", "figure") for kind in ("svg", "png")]
    else:
        offered += [(out / lang / f"{exhibit.label}.{suffix}", "table") for _, suffix in _TAKEN]
    links = [
        f'<a download href="../../build/exhibits/{file.relative_to(out).as_posix()}">{_WORDS[lang][what]} '
        f"({file.suffix[1:].upper()}, {file_size(file.stat().st_size, lang)})"
        f'<span class="visually-hidden">, {exhibit.label}</span></a>'
        for file, what in offered
    ]
    return f'<p class="exhibit-files">{" ".join(links)}</p>'


def _source(study: Study, lang: Lang) -> str:
    waves = ", ".join(study.waves)
    if lang == "fr":
        return f"panel_eis, vagues {waves}" + (
            f"\u00a0; **{SYNTHETIC['fr'].lower()}**." if study.synthetic else "."
        )
    return f"panel_eis, waves {waves}" + (f"; **{SYNTHETIC['en'].lower()}**." if study.synthetic else ".")


def _fold(exhibit: Exhibit, data: pd.DataFrame, files: str, lang: Lang) -> str:
    """Downloads, and one click away the data as a table and the code; dropped by pandoc outside HTML."""
    words = _WORDS[lang]
    code = escape_html(exhibit.path.read_text(encoding="utf-8"), lines=True)
    shown = data.head(_MOST_ROWS).map(_cell)
    if len(shown.columns):  # the first cell is the header of its row: it is never empty
        shown = shown.assign(**{str(shown.columns[0]): shown.iloc[:, 0].replace("", "–")})
    table = html_table(shown, f"{words['rows']} ({exhibit.label})")
    return (
        f'```{{=html}}\n{files}\n<details class="exhibit-code">\n'
        f'<summary>{words["code"]}<span class="visually-hidden"> ({exhibit.label})</span></summary>\n'
        f"<p><code>analyses/{exhibit.path.name}</code></p>\n{table}\n"
        f'<pre tabindex="0" role="group" aria-label="analyses/{exhibit.path.name}" lang="en">'
        f'<code class="language-python">{code}</code></pre>\n</details>\n```\n'
    )


def _cell(value: Any) -> str:
    """One cell of the data as readers see it; a missing one is blank."""
    import pandas as pd  # noqa: PLC0415  # half a second that a build with nothing to do does not have to spend

    if pd.isna(value):
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value)
