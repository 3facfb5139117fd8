"""What made this edition, as a fragment of the report: versions, files of waves, seed, code, and how to cite it.

Everything is read from the files and libraries of this build. No date, no host, no user: the same files and libraries give
the same bytes.
"""

from __future__ import annotations

import platform
import re
from importlib import metadata
from typing import TYPE_CHECKING

from panel_eis.errors import LANGS, RenderError
from panel_eis.files import write_text
from panel_eis.provenance import PACKAGE, digest_of
from panel_eis.waves import load_yaml
from panel_eis.wording import file_size

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from panel_eis.errors import Lang

BIBTEX = "panel_eis.bib"
_WORDS = {
    "fr": {
        "code": "**Code.** panel_eis {version}\u00a0; empreinte du code\u00a0: `{digest}`. Un commentaire ne la change pas.",
        "seed": "**Graines.** Tout calcul aléatoire a la sienne, écrite dans le code. Celle de la vérité écrite "
        "(`data/truth.yml`) est {seed}.",
        "tools": "**Pages.** {tools}.", "python": "**Python** {version}, avec {libraries}.",
        "waves": "**Fichiers des vagues**, avec leur empreinte SHA-256\u00a0:", "file": "Télécharger la référence",
    },
    "en": {
        "code": "**Code.** panel_eis {version}; digest of the code: `{digest}`. A comment does not change it.",
        "seed": "**Seeds.** Every random computation has its own, written in the code. That of the written truth "
        "(`data/truth.yml`) is {seed}.",
        "tools": "**Pages.** {tools}.", "python": "**Python** {version}, with {libraries}.",
        "waves": "**Files of the waves**, with their SHA-256:", "file": "Download the reference",
    },
}  # fmt: skip


def code_version() -> str:
    """Digest of all code of the package, by its syntax trees."""
    return digest_of(sorted(PACKAGE.rglob("*.py")))


def libraries() -> dict[str, str]:
    """Versions of the libraries that the package declares, by name."""
    declared = [r for r in metadata.requires("panel-eis") or [] if "extra ==" not in r]
    names = sorted({re.split(r"[\s<>=!~;\[(]", requirement)[0] for requirement in declared})
    return {name: metadata.version(name) for name in names}


def versions() -> str:
    """Give Python and libraries in one text: what makes the fragment stale."""
    return f"{platform.python_version()} {libraries()}"


def reproducibility_files(out: Path) -> list[Path]:
    """Fragments made, and the reference in BibTeX."""
    return [out / BIBTEX, *(out / lang / "_reproducibility.md" for lang in LANGS)]


def write_reproducibility(root: Path, out: Path, waves: Mapping[str, str], tools: str, code: str) -> None:
    """Write the fragment in both languages.

    Parameters
    ----------
    root
        The project's root.
    out
        Folder of the fragments.
    waves
        SHA-256 of the files of the waves, by name, as they were read.
    tools
        What renders the pages.
    code
        Digest of the code.

    """
    truth = root / "data" / "truth.yml"
    seed = re.search(r"(?m)^seed: *(\d+)", truth.read_text(encoding="utf-8")) if truth.exists() else None
    citation = root / "CITATION.cff"
    bibtex = _bibtex(citation) if citation.exists() else ""
    write_text(out / BIBTEX, bibtex)
    for lang in LANGS:
        text = _fragment(lang, waves, (seed[1] if seed else "", tools, code))
        write_text(out / lang / "_reproducibility.md", text + _cite(lang, bibtex))


def _fragment(lang: Lang, waves: Mapping[str, str], known: tuple[str, str, str]) -> str:
    seed, tools, code = known
    words = _WORDS[lang]
    used = ", ".join(f"{name} {version}" for name, version in libraries().items())
    lines = [
        words["code"].format(version=metadata.version("panel-eis"), digest=code),
        *([words["seed"].format(seed=seed)] if seed else []),
        words["tools"].format(tools=tools),
        words["python"].format(version=platform.python_version(), libraries=used),
        words["waves"],
        "\n".join(f"- `{name}` `{digest}`" for name, digest in waves.items()),
    ]
    return "\n\n".join(lines) + "\n"


def _bibtex(citation: Path) -> str:
    said, problem = load_yaml(citation.read_text(encoding="utf-8"), citation.name)
    if problem:
        raise RenderError(f"{citation.name} is not YAML: {problem.details['reason']}")
    names = " and ".join(
        f"{{{a['name']}}}" if "name" in a else f"{a['family-names']}, {a['given-names']}"
        for a in said["authors"]
    )
    fields = {
        "author": names, "title": said["title"], "version": said["version"],
        "year": str(said["date-released"])[:4], "license": said["license"],
    }  # fmt: skip
    inner = ",\n".join(f"  {key} = {{{value}}}" for key, value in fields.items())
    return f"@software{{panel_eis,\n{inner}\n}}\n"


def _cite(lang: Lang, bibtex: str) -> str:
    if not bibtex:
        return ""
    link = f"[{_WORDS[lang]['file']} (BIB, {file_size(len(bibtex), lang)})](../../build/exhibits/{BIBTEX})"
    return f"\n```\n{bibtex}```\n\n{link}\n"
