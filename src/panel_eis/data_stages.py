"""Steps of the build that make the panel: each wave, the panel, the tidy tables.

Heavy libraries are imported where they are used, so that a build with nothing to do costs next to nothing.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from panel_eis.codebook import read_codebook
from panel_eis.errors import LANGS
from panel_eis.files import replacing, write_csv, write_text

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from panel_eis.waves import Sidecar


def wave(root: Path, name: str) -> None:
    """Check one wave and keep its typed answers, its reasons and its report."""
    from panel_eis.checks import tidy
    from panel_eis.corrections import of_wave, sound_corrections
    from panel_eis.errors import DataError
    from panel_eis.panel import check_wave
    from panel_eis.register import read_register
    from panel_eis.waves import find_waves

    codebook = read_codebook(root / "data" / "codebook")
    paths = find_waves(root / "data" / "waves")
    path, (corrections, faults) = paths[name], sound_corrections(root / "data" / "corrections.csv", [*paths])
    register = read_register(root / "data", codebook)
    try:
        answers, reasons, warnings, imported = check_wave(path, codebook, register, corrections)
    except DataError as error:
        raise DataError([*faults, *error.problems]) from error
    if faults:
        raise DataError(faults)
    out = root / "build" / "waves"
    _write_parquet(out / f"{name}.parquet", answers)
    _write_parquet(out / f"{name}.reasons.parquet", reasons)
    report = {
        "file": f"data/waves/{path.name}",
        **imported,
        "answers": len(answers),
        "corrections": [correction.entry(codebook) for correction in of_wave(corrections, name)],
        "warnings": {lang: [f"{p.place(lang)}: {p.sentence(lang)}" for p in warnings] for lang in LANGS},
        "told": tidy(warnings),
    }
    write_text(out / f"{name}.json", as_text(report))


def panel(root: Path, waves: list[str]) -> None:
    """Stack all waves and write the panel and what goes with it."""
    import pandas as pd

    from panel_eis.checked import checked_panel
    from panel_eis.checks import TIDY, tidy
    from panel_eis.comparability import assess
    from panel_eis.quality.outcomes import final_dispositions, read_dispositions
    from panel_eis.references import references
    from panel_eis.register import read_register
    from panel_eis.weights import read_frame

    codebook = read_codebook(root / "data" / "codebook")
    comparability = assess(codebook, sidecars(root))
    out, parts = root / "build", {}
    for name in waves:
        stem = out / "waves" / name
        parts[name] = (pd.read_parquet(f"{stem}.parquet"), pd.read_parquet(f"{stem}.reasons.parquet"))
    register = read_register(root / "data", codebook)
    margins = read_frame(root / "data" / "frame.csv", codebook)
    reports = {
        name: json.loads((out / "waves" / f"{name}.json").read_text(encoding="utf-8")) for name in waves
    }
    known = references(root, {report["file"]: report.pop("named", {}) for report in reports.values()})
    changed = comparability.changed
    built, told = checked_panel(parts, codebook, register, margins, changed=changed, references=known)
    write_csv(out / "comparability.csv", comparability.table)
    _write_parquet(out / "panel.parquet", built.answers)
    _write_parquet(out / "reasons.parquet", built.reasons)
    open_text = [v.name for v in codebook.asked if v.sensitive == "open"]
    write_csv(out / "panel.csv", built.answers.reset_index().drop(columns=open_text))
    write_csv(out / "participation.csv", built.participation)
    write_csv(out / "weighting.csv", built.weighting)
    _write_parquet(out / "respondents.parquet", built.respondents)
    write_csv(out / "agreement.csv", built.agreement)
    write_csv(out / "raking.csv", built.convergence)
    fieldwork = read_dispositions(root / "data" / "dispositions.csv", codebook, register.units.index, waves)
    write_csv(out / "dispositions.csv", final_dispositions(built.participation, built.reasons, fieldwork))
    reports[waves[-1]]["panel_warnings"] = {
        lang: [p.sentence(lang) for p in built.warnings] for lang in LANGS
    }
    rows = [row for report in reports.values() for row in report.pop("told")] + tidy(told)
    write_csv(out / "warnings.csv", pd.DataFrame(rows, columns=TIDY))
    write_text(out / "waves.json", as_text(reports))


def tidy(root: Path) -> None:
    """Write the tidy tables: reasons of missing answers counted, choices, open text (private), evocations (private)."""
    import pandas as pd

    from panel_eis import tidy as tables
    from panel_eis.missing import item_nonresponse
    from panel_eis.representations import read_thesaurus

    codebook, out = read_codebook(root / "data" / "codebook"), root / "build"
    answers = pd.read_parquet(out / "panel.parquet").reset_index()
    write_csv(out / "item_nonresponse.csv", item_nonresponse(pd.read_parquet(out / "reasons.parquet")))
    write_csv(out / "tidy" / "multi.csv", tables.choices_cited(answers, codebook))
    written = tables.open_answers(answers, codebook)
    write_csv(out / "tidy" / "open.csv", written, private=True)
    write_csv(out / "tidy" / "open_counts.csv", tables.open_counts(written))
    words = tables.evocations(answers, read_thesaurus(root / "data" / "reference" / "thesaurus.csv"))
    write_csv(out / "tidy" / "evocations.csv", words, private=True)


def sidecars(root: Path) -> dict[str, Sidecar]:
    """How each wave differs from the codebook, by wave."""
    from panel_eis.waves import find_waves, read_sidecar

    waves = find_waves(root / "data" / "waves")
    return {name: read_sidecar(path.with_suffix(".yml")) for name, path in waves.items()}


def _write_parquet(path: Path, frame: pd.DataFrame) -> None:
    with replacing(path) as temporary:
        frame.to_parquet(temporary, compression="zstd")


def as_text(value: Any) -> str:
    """JSON with sorted keys, one blank a level."""
    return json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
