"""The ``schemadrift`` command: options, exit codes, and nothing else.

0 in sync, 1 drift, 2 could not tell (usage, configuration, connection, unreadable DDL). Everything heavy is imported
by the command that needs it, so that ``--version`` and ``--help`` answer at once.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NoReturn

import click

from pytest_schemadrift.cache import our_version
from pytest_schemadrift.errors import ConfigurationError, SchemaDriftError, mask

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from pytest_schemadrift.commands import CheckOptions, Project
    from pytest_schemadrift.plan import Drift

IN_SYNC, DRIFT, COULD_NOT_TELL, INTERRUPTED = 0, 1, 2, 130
FORMATS = ("text", "json", "github", "sarif", "junit")


@dataclass(frozen=True, slots=True)
class Global:
    """The options that come before the command."""

    config: str | None
    config_file: str | None
    connections: tuple[str, ...]
    apps: tuple[str, ...]
    models: tuple[str, ...]
    database_urls: tuple[tuple[str, str], ...]
    timeout: float
    color: bool | None
    verbose: bool
    quiet: bool

    def project(self, *, needed: bool = True) -> Project | None:
        """The project of the current folder; without one, ``None`` unless it is ``needed``."""
        from pytest_schemadrift.commands import open_project

        try:
            return open_project(Path.cwd(), config=self.config, config_file=self.config_file)
        except ConfigurationError:
            if needed or self.config or self.config_file:
                raise
            return None

    def options(self, **more: Any) -> CheckOptions:
        """What to check, for ``commands``."""
        from pytest_schemadrift.commands import CheckOptions

        return CheckOptions(
            connections=self.connections,
            apps=self.apps,
            models=self.models,
            database_urls=self.database_urls,
            timeout=self.timeout,
            **more,
        )

    def colored(self, to_file: bool) -> bool:
        """Whether to colour: as asked, else as NO_COLOR and FORCE_COLOR say, else on a terminal only."""
        if self.color is not None:
            return self.color
        if os.environ.get("NO_COLOR"):
            return False
        if os.environ.get("FORCE_COLOR"):
            return True
        return not to_file and sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def _named_urls(values: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """``[NAME=]URL``; an equals sign after ``://`` belongs to the URL."""
    pairs = []
    for value in values:
        name, separator, url = value.partition("=")
        if not separator or "://" in name:
            name, url = "", value
        if "://" not in url:
            raise click.UsageError(f"--database-url {mask(value)!r} is no URL: write [NAME=]postgres://user@host/name")
        pairs.append((name, url))
    return tuple(pairs)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--config", metavar="MODULE.VARIABLE", help="Tortoise's configuration, such as app.settings.TORTOISE_ORM."
)
@click.option("--config-file", metavar="FILE", help="Tortoise's configuration as JSON or YAML.")
@click.option("--connection", "connections", multiple=True, metavar="NAME", help="Only this connection (repeatable).")
@click.option("--apps", multiple=True, metavar="LABEL", help="Only the models of this app (repeatable).")
@click.option("--models", multiple=True, metavar="NAME", help="Only this model, as Model or app.Model (repeatable).")
@click.option("--database-url", "urls", multiple=True, metavar="[NAME=]URL", help="Use this database instead.")
@click.option("--timeout", type=float, default=10.0, show_default=True, help="Seconds to wait for a connection.")
@click.option("--color/--no-color", default=None, help="Colour the output (default: on a terminal).")
@click.option("-v", "--verbose", is_flag=True, help="Show the traceback of an error.")
@click.option("-q", "--quiet", is_flag=True, help="Print only the verdict.")
@click.version_option(our_version(), prog_name="schemadrift")
@click.pass_context
def cli(context: click.Context, /, urls: tuple[str, ...], **values: Any) -> None:
    """Compare Tortoise ORM models with live databases, and print the SQL that mends the drift."""
    context.obj = Global(database_urls=_named_urls(urls), **values)


@cli.command()
@click.option("--source", default="auto", show_default=True, help="What to compare with the models: auto or live.")
@click.option("--format", "format_", type=click.Choice(FORMATS), default="text", show_default=True)
@click.option("-o", "--output", metavar="FILE", help="Write the report to a file.")
@click.option("--unreachable", type=click.Choice(["fail", "skip"]), default="fail", show_default=True)
@click.option("--rename", "renames", multiple=True, metavar="T.OLD=NEW", help="Answer a rename (repeatable).")
@click.option("--prove/--no-prove", default=True, help="Try the fix on a scratch copy of the structure.")
@click.pass_obj
def check(chosen: Global, /, format_: str, output: str | None, **values: Any) -> None:
    """Compare every connection with its models: 0 in sync, 1 drift, 2 could not tell."""
    from pytest_schemadrift.commands import check_project

    project = chosen.project()
    assert project is not None
    drifts = _run(check_project(project, chosen.options(**values)))
    _write(_report(drifts, format_, chosen, to_file=bool(output)), output)
    sys.exit(_exit_code(drifts))


@cli.command()
@click.argument("from_", metavar="[FROM]", default="live")
@click.argument("to", metavar="[TO]", default="models")
@click.option("--dialect", type=click.Choice(["postgres", "mysql", "mariadb", "sqlite"]), help="Of two SQL files.")
@click.option("--format", "format_", type=click.Choice(["sql", "json"]), default="sql", show_default=True)
@click.option("--exit-code", is_flag=True, help="Exit with 1 where there is a difference.")
@click.pass_obj
def diff(chosen: Global, /, from_: str, to: str, **values: Any) -> None:
    """Print only the SQL that turns FROM into TO: live, models, a *.sql file, or a database URL."""
    from pytest_schemadrift.commands import diff_sources

    project = chosen.project() if _names_project(from_, to, chosen) else None
    format_: str = values["format_"]
    drift = _run(
        diff_sources(
            project,
            from_,
            to,
            dialect=values["dialect"],
            connection=next(iter(chosen.connections), None),
            database_url=chosen.database_urls[0][1] if chosen.database_urls else None,
            timeout=chosen.timeout,
            prove=format_ == "json",
        )
    )
    if format_ == "json":
        _write(_report([drift], "json", chosen, to_file=False), None)
    else:
        _write(_sql(drift, chosen), None)
    for item in drift.unreadable:
        click.echo(f"not readable: {item.kind} {item.name}: {item.reason}", err=True)
    if drift.unreadable:
        sys.exit(COULD_NOT_TELL)
    sys.exit(_exit_code([drift]) if values["exit_code"] else IN_SYNC)


def _names_project(from_: str, to: str, chosen: Global) -> bool:
    """Whether a side of the comparison is the project's: its settings module is imported only then."""
    return "models" in (from_, to) or ("live" in (from_, to) and not chosen.database_urls)


def _sql(drift: Drift, chosen: Global) -> str:
    from pytest_schemadrift.report.text import highlighted

    lines = [f"{sql};" for sql in drift.plan.prologue] if drift.plan else []
    for step in drift.steps:
        if step.hazards:
            lines.append(f"-- {', '.join(step.hazards)}")
        lines += [f"{sql};" for sql in step.sql]
    lines += [f"{sql};" for sql in drift.plan.epilogue] if drift.plan else []
    return highlighted("".join(f"{line}\n" for line in lines), chosen.colored(to_file=False))


@cli.command()
@click.argument("tables", nargs=-1, metavar="[TABLE]...")
@click.option("--format", "format_", type=click.Choice(["sql", "json"]), default="sql", show_default=True)
@click.option("-o", "--output", metavar="FILE", help="Write to a file.")
@click.pass_obj
def export(chosen: Global, /, tables: tuple[str, ...], format_: Literal["sql", "json"], output: str | None) -> None:
    """Print the live schema as DDL that the same server accepts."""
    from pytest_schemadrift.commands import export_live

    project = chosen.project(needed=not chosen.database_urls)
    _write(_run(export_live(project, chosen.options(), tables, format_)), output)


@cli.command()
@click.argument("code")
def explain(code: str) -> None:
    """Say what a change code (SD203) or a hazard means, and what to do."""
    from pytest_schemadrift.codes import CHANGES, HAZARDS
    from pytest_schemadrift.codes import explain as look_up
    from pytest_schemadrift.config import nearest

    entry = look_up(code)
    if entry is None:
        known = [*CHANGES, *HAZARDS, *(item.title for item in CHANGES.values())]
        raise ConfigurationError(f"there is no code or hazard {code!r}", hint=nearest(code, known))
    click.echo(f"{entry.code}: {entry.title}\n  {entry.meaning}\n  to do: {entry.to_do}")


def _report(drifts: list[Drift], format_: str, chosen: Global, *, to_file: bool) -> str:
    if format_ == "json":
        from pytest_schemadrift.report.json import report_json

        return report_json(drifts)
    if format_ == "github":
        from pytest_schemadrift.report.github import report_github

        return report_github(drifts)
    if format_ == "sarif":
        from pytest_schemadrift.report.sarif import report_sarif

        return report_sarif(drifts)
    if format_ == "junit":
        from pytest_schemadrift.report.junit import report_junit

        return report_junit(drifts)
    from pytest_schemadrift.report.text import report_text

    return report_text(drifts, color=chosen.colored(to_file), quiet=chosen.quiet)


def _exit_code(drifts: list[Drift]) -> int:
    if any(drift.unreadable for drift in drifts):
        return COULD_NOT_TELL
    return IN_SYNC if all(drift.in_sync or drift.skipped for drift in drifts) else DRIFT


def _write(text: str, output: str | None) -> None:
    if output is None:
        _print(text)
        return
    try:
        Path(output).write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"cannot write {output}: {error.strerror}", hint="choose another file") from None


def _print(text: str) -> None:
    """Print; a reader (head, less) that has seen enough changes neither the verdict nor the exit code."""
    try:
        click.echo(text, nl=False, color=True)  # colours are in the text only where they are wanted
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _run(coroutine: Coroutine[Any, Any, Any]) -> Any:
    import asyncio

    return asyncio.run(coroutine)


def django_booleans(arguments: Sequence[str]) -> list[str]:
    """Translate ``--safe=False`` into ``--no-safe``: the form of Django's commands is understood too."""
    truths = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    switches = _switches()
    result: list[str] = []
    for place, argument in enumerate(arguments):
        if argument == "--":
            return [*result, *arguments[place:]]
        name, separator, value = argument.partition("=")
        wanted = truths.get(value.lower()) if separator and name in switches else None
        if wanted is None:
            result.append(argument)
        else:
            result += [spelling for spelling in [name if wanted else switches[name]] if spelling]
    return result


def _switches() -> dict[str, str]:
    """Every boolean option with the one that means the contrary; where there is none, leaving it out does."""
    contrary: dict[str, str] = {}
    for command in (cli, *cli.commands.values()):
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
    given = hoisted(django_booleans(sys.argv[1:] if arguments is None else arguments))
    verbose = any(argument in ("-v", "--verbose") for argument in given)
    sys.exit(_guarded(lambda: cli.main(args=given, prog_name="schemadrift", standalone_mode=False), verbose))


def _guarded(call: Callable[[], object], verbose: bool) -> int:
    try:
        result = call()
    except SchemaDriftError as error:
        _traceback(verbose)
        click.echo(f"schemadrift: {error}", err=True)
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return COULD_NOT_TELL
    except (KeyboardInterrupt, click.Abort):
        click.echo("schemadrift: interrupted", err=True)
        return INTERRUPTED
    except Exception as error:
        _traceback(verbose)
        click.echo(f"schemadrift: unexpected {type(error).__name__}: {mask(str(error))[:300]}", err=True)
        click.echo("  to do: run it again with -v, and report the traceback as a bug", err=True)
        return COULD_NOT_TELL
    return result if isinstance(result, int) else IN_SYNC


def _traceback(wanted: bool) -> None:
    """Print where the error comes from, passwords masked; the exit code stays that of the error."""
    if wanted:
        import traceback

        click.echo(mask(traceback.format_exc()), err=True, nl=False)


if __name__ == "__main__":
    main()
