"""One step of the build, before pytask sees it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from panel_eis.provenance import digest_of, modules_behind

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@dataclass(frozen=True)
class Step:
    """One task before pytask sees it: what it reads, what it makes, and the call that does it."""

    name: str
    stage: str
    call: Callable[[], None]
    reads: tuple[Path, ...]
    makes: tuple[Path, ...]
    values: dict[str, str] = field(default_factory=dict)


def code_behind(*modules: str) -> str:
    """Digest of modules of the package and of all that they import."""
    return digest_of({path for module in modules for path in modules_behind(f"panel_eis.{module}")})
