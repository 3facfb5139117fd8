"""The command ``panel-eis``. Imports stand inside commands, so that ``--help`` answers at once."""

from __future__ import annotations

import sys
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NoReturn

import click
from click.exceptions import NoArgsIsHelpError

from panel_eis import __version__
from panel_eis.cli import building, case, identity, making, quality, scale, views, wave
from panel_eis.cli.options import STAGES, default_lang, end_with

if TYPE_CHECKING:
    from panel_eis.errors import Lang

__all__ = ["STAGES", "main"]


_ARGUMENTS = "panel_eis.arguments"
_MISUSED: dict[Lang, tuple[str, str, str]] = {
    "fr": ("Usage : ", "Essayez « {} -h » pour l'aide.", "Erreur : "),
    "en": ("Usage: ", "Try '{} -h' for help.", "Error: "),
}


_ENGLISH: dict[int, Any] = {}
_CODES_FR = """\b
Codes de sortie :
  0  tout va bien
  1  données : les fichiers sont lus, et disent ce que le codebook n'admet pas
  2  commande : ce qui est demandé ne peut pas se faire
  3  modèle : impossible à estimer honnêtement sur ces lignes
  4  fichier : impossible à lire fidèlement (format, encodage, mot de passe, dégât)
  5  rendu : un document ou une figure
  6  construction : une étape, ou une autre construction en cours

Avec 1, 2 et 4, chaque problème est dit d'un coup."""


def _in_language(group: click.Group, ctx: click.Context) -> None:
    """Help in French where French is read: by ``--lang fr``, or by the locale."""
    lang = _lang(ctx)
    if lang == "en" and not _ENGLISH:
        return
    from panel_eis.cli.help import speak

    speak(group, lang, _ENGLISH)
    ctx.formatter_class = group.context_class.formatter_class
    group.epilog = _CODES_FR if lang == "fr" else _EXIT_CODES


class _Group(click.Group):
    """Turns our own errors into a message and an exit code; anything else is a bug and shows its traceback."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.meta[_ARGUMENTS] = list(args)
        _in_language(self, ctx)
        try:
            return super().parse_args(ctx, args)
        except NoArgsIsHelpError:
            raise
        except click.UsageError as error:
            _misused(error, ctx)

    def invoke(self, ctx: click.Context) -> Any:
        from panel_eis.errors import DataError, PanelEisError

        try:
            return super().invoke(ctx)
        except NoArgsIsHelpError:
            raise
        except click.UsageError as error:
            _misused(error, ctx)
        except DataError as error:
            lang, fmt = ctx.obj if isinstance(ctx.obj, tuple) else (_lang(ctx), "text")
            end_with(error.problems, error.exit_code, lang, fmt)
        except PanelEisError as error:
            from panel_eis.errors import EXIT_CODES
            from panel_eis.sentences import told

            lang = _lang(ctx)
            kind = EXIT_CODES[error.exit_code][lang].partition(" :" if lang == "fr" else ":")[0]
            click.echo(f"{kind}{' :' if lang == 'fr' else ':'} {told(str(error), lang)}", err=True)
            sys.exit(error.exit_code)


def _lang(ctx: click.Context) -> Lang:
    """Language of messages: what a command noted, else ``--lang`` among the words of the command, else the locale's."""
    if ctx.obj:
        return ctx.obj[0] if isinstance(ctx.obj, tuple) else ctx.obj
    words = [part for word in ctx.meta.get(_ARGUMENTS, ()) for part in word.split("=", 1)]
    asked = next((after for word, after in pairwise(words) if word == "--lang"), "")
    return "fr" if asked == "fr" else "en" if asked == "en" else default_lang()


def _misused(error: click.UsageError, ctx: click.Context) -> NoReturn:
    """Say what is wrong with the words of the command, as click does, in the language of who reads."""
    from panel_eis.sentences import told

    lang, where = _lang(ctx), error.ctx or ctx
    usage, help_, wrong = _MISUSED[lang]
    synopsis = where.get_usage().removeprefix("Usage: ").removeprefix("Usage : ")
    click.echo(f"{usage}{synopsis}\n{help_.format(where.command_path)}\n", err=True)
    click.echo(f"{wrong}{told(error.format_message(), lang)}", err=True)
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
    views.table,
    making.simulate,
    making.questionnaire,
    case.case,
    identity.pseudonymise,
    scale.power,
    quality.quality,
    wave.wave,
):
    main.add_command(_command)
