"""The ``schemadrift`` command: options, exit codes, and nothing else.

0 in sync, 1 drift, 2 could not tell (usage, configuration, connection, unreadable DDL). Everything heavy is imported
by the command that needs it, so that ``--version`` and ``--help`` answer at once.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from io import StringIO
from typing import NoReturn

import click

from pytest_schemadrift.cli.group import COULD_NOT_TELL, IN_SYNC, INTERRUPTED, cli, say
from pytest_schemadrift.core.aside import own_output
from pytest_schemadrift.errors import SchemaDriftError
from pytest_schemadrift.shown import mask, mask_error, unexpected

__all__ = ["cli", "django_booleans", "hoisted", "main"]


def django_booleans(arguments: Sequence[str]) -> list[str]:
    """Translate ``--safe=False`` into ``--no-safe``: the form of Django's commands is understood too."""
    truths = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    result: list[str] = []
    for place, argument in enumerate(arguments):
        if argument == "--":
            return [*result, *arguments[place:]]
        name, _, value = argument.partition("=")
        wanted = truths.get(value.lower())
        if wanted is None or name not in (switches := _switches()):
            result.append(argument)
        else:
            result += [spelling for spelling in [name if wanted else switches[name]] if spelling]
    return result


def _switches() -> dict[str, str]:
    """Every boolean option with the one that means the contrary; where there is none, leaving it out does."""
    contrary: dict[str, str] = {}
    for command in (cli, *cli.every_command().values()):
        for option in command.params:
            if isinstance(option, click.Option) and option.is_flag:
                yes, no = option.opts[-1], option.secondary_opts[-1] if option.secondary_opts else ""
                contrary |= {yes: no, **({no: yes} if no else {})}
    return contrary


def _global_options() -> tuple[frozenset[str], frozenset[str]]:
    """The spellings of the global options: those that stand alone, and those that take a value."""
    flags: set[str] = set()
    values: set[str] = set()
    for option in cli.params:
        if isinstance(option, click.Option) and not option.is_eager:
            (flags if option.is_flag else values).update([*option.opts, *option.secondary_opts])
    return frozenset(flags), frozenset(values)


def hoisted(arguments: Sequence[str]) -> list[str]:
    """Put the global options in front, wherever they were written: ``check -q`` is ``-q check``."""
    flags, values = _global_options()
    front: list[str] = []
    rest: list[str] = []
    waiting = list(arguments)
    while waiting:
        argument = waiting.pop(0)
        if argument == "--":
            rest += [argument, *waiting]
            break
        if argument in flags or ("=" in argument and argument.partition("=")[0] in values):
            front.append(argument)
        elif argument in values and waiting:
            front += [argument, waiting.pop(0)]
        else:
            rest.append(argument)
    return [*front, *rest]


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command and exit; errors of ours are five lines on standard error, never a traceback."""
    if os.environ.get("PRE_COMMIT"):
        # What is staged is in the files for a moment only: its byte code would pass for that of what comes back.
        sys.dont_write_bytecode = True
    given = hoisted(django_booleans(sys.argv[1:] if arguments is None else arguments))
    verbose = any(argument in ("-v", "--verbose") for argument in given)
    with own_output(last=arguments is None):
        code = _guarded(lambda: cli.main(args=given, prog_name="schemadrift", standalone_mode=False), verbose)
    sys.exit(code)


def _guarded(call: Callable[[], object], verbose: bool) -> int:
    try:
        result = call()
    except SchemaDriftError as error:
        _traceback(verbose)
        say(f"schemadrift: {error}", err=True)
        return error.exit_code
    except click.ClickException as error:
        said = StringIO()
        error.show(said)
        say(mask(said.getvalue()), err=True, nl=False)  # it quotes what was typed: perhaps a URL in the wrong place
        return COULD_NOT_TELL
    except (KeyboardInterrupt, click.Abort):
        say("schemadrift: interrupted", err=True)
        return INTERRUPTED
    except SystemExit:
        raise
    except BaseException as error:  # Python itself would exit with 1, which means drift
        from pytest_schemadrift.sources.orm.version import behind

        _traceback(verbose)
        if found := behind(error):
            say(f"schemadrift: {found}", err=True)
            return found.exit_code
        say(f"schemadrift: {unexpected(error)}", err=True)
        say("  to do: run it again with -v, and report the traceback as a bug", err=True)
        return COULD_NOT_TELL
    return result if isinstance(result, int) else IN_SYNC


def _traceback(wanted: bool) -> None:
    """Print where the error comes from, passwords masked; the exit code stays that of the error."""
    if wanted:
        import traceback

        say(mask_error(traceback.format_exc()), err=True, nl=False)
