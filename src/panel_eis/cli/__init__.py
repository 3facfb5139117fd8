"""The command ``panel-eis``. Imports stand inside commands, so that ``--help`` answers at once."""

from __future__ import annotations

import sys
from typing import Any

import click

from panel_eis import __version__
from panel_eis.cli import building, case, identity, making, quality, scale, wave
from panel_eis.cli.options import STAGES, default_lang, end_with

__all__ = ["STAGES", "main"]


class _Group(click.Group):
    """Turns our own errors into a message and an exit code; anything else is a bug and shows its traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        from panel_eis.errors import DataError, PanelEisError

        try:
            return super().invoke(ctx)
        except DataError as error:
            lang, fmt = ctx.obj if isinstance(ctx.obj, tuple) else (ctx.obj or default_lang(), "text")
            end_with(error.problems, error.exit_code, lang, fmt)
        except PanelEisError as error:
            click.echo(f"{type(error).__name__}: {error}", err=True)
            sys.exit(error.exit_code)


_EXIT_CODES = """\b
Exit codes:
  0  fine
  1  data: the files are read, and say what the codebook does not allow
  2  usage: what was asked cannot be done
  3  model: cannot be estimated honestly on these rows
  4  file: cannot be read faithfully (format, encoding, password, damage)
  5  rendering: a document or an exhibit
  6  build: a step, or another build running

With 1, 2 and 4 every problem is told at once."""


@click.group(cls=_Group, epilog=_EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def main() -> None:
    """Survey waves in, white paper out: the panel on the appropriation of social impact evaluation."""


for _command in (
    building.check,
    building.build,
    building.why,
    building.prepare,
    building.publish,
    building.trace,
    making.simulate,
    making.questionnaire,
    case.case,
    identity.pseudonymise,
    scale.power,
    quality.quality,
    wave.wave,
):
    main.add_command(_command)
