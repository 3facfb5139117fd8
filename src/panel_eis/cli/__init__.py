"""The command ``panel-eis``. Imports stand inside commands, so that ``--help`` answers at once."""

from __future__ import annotations

import sys
from typing import Any

import click

from panel_eis import __version__
from panel_eis.cli import building, making
from panel_eis.cli.options import STAGES, default_lang

__all__ = ["STAGES", "main"]


class _Group(click.Group):
    """Turns our own errors into a message and an exit code; anything else is a bug and shows its traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        from panel_eis.errors import DataError, PanelEisError

        try:
            return super().invoke(ctx)
        except DataError as error:
            lang = ctx.obj or default_lang()
            last = {"fr": "Rien n'a été modifié.", "en": "Nothing was changed."}[lang]
            click.echo(f"{error.report(lang)}\n{last}", err=True)
            sys.exit(error.exit_code)
        except PanelEisError as error:
            click.echo(f"{type(error).__name__}: {error}", err=True)
            sys.exit(error.exit_code)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def main() -> None:
    """Survey waves in, white paper out: the panel on the appropriation of social impact evaluation.

    Exit codes: 0 fine, 1 data, 2 usage, 3 model, 5 rendering, 6 build.
    """


for _command in (
    building.check,
    building.build,
    building.why,
    building.prepare,
    building.trace,
    making.simulate,
    making.questionnaire,
):
    main.add_command(_command)
