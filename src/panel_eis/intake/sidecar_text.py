"""A draft written as YAML, with the reason of every line beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from panel_eis.intake.draft import Draft, scalar

if TYPE_CHECKING:
    from collections.abc import Iterable

    from panel_eis.intake.matching import Guess

HEADER = """\
# Vague {wave} : brouillon écrit par « panel-eis wave add » ; relisez chaque ligne, puis gardez ce fichier.
# « sûr » : rien d'autre ne convient. « à confirmer », « à décider » : la ligne n'a pas d'effet tant que
# son « # » est là (ôtez aussi celui de la clé au-dessus).
# Wave {wave}: draft written by “panel-eis wave add”; read every line, then keep this file.
# “sure”: nothing else fits. “to confirm”, “to decide”: the line does nothing as long as its # is there
# (take away that of the key above as well).
"""


def sidecar_text(draft: Draft, wave: str) -> str:
    """The draft as the text of ``data/waves/<wave>.yml``; sure lines count, all others are comments."""
    blocks = [_settings(draft.settings), _mapping("columns", draft.columns), _recodes(draft)]
    blocks += [_sequence("not_asked", draft.not_asked), _sequence("unused", draft.unused)]
    return HEADER.format(wave=wave) + "".join(f"\n{block}" for block in blocks if block)


def _settings(guesses: Iterable[Guess]) -> str:
    return "".join(_line("", g, f"{g.key}: {scalar(g.value)}") for g in guesses)


def _mapping(key: str, guesses: list[Guess], indent: str = "") -> str:
    if not guesses:
        return ""
    off = "" if any(g.certain for g in guesses) else "# "
    lines = [
        _line(f"{indent}  ", g, f"{scalar(g.key)}: {scalar(g.value) if g.value else '?'}") for g in guesses
    ]
    return f"{indent}{off}{scalar(key)}:\n{''.join(lines)}"


def _recodes(draft: Draft) -> str:
    if not draft.recode:
        return ""
    on = any(g.certain for guesses in draft.recode.values() for g in guesses)
    blocks = [_mapping(name, guesses, "  ") for name, guesses in draft.recode.items()]
    return f"{'' if on else '# '}recode:\n{''.join(blocks)}"


def _sequence(key: str, guesses: list[Guess]) -> str:
    if not guesses:
        return ""
    return f"# {key}:\n" + "".join(_line("  ", g, f"- {scalar(g.value)}") for g in guesses)


def _line(indent: str, guess: Guess, text: str) -> str:
    off = "" if guess.certain else "# "
    why = " / ".join(dict.fromkeys(guess.why.values()))
    return f"{indent}{off}{text}  # {guess.mark} ({' '.join(why.split())})\n"
