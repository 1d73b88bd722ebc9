"""The group of all commands: global options, exit codes, and what every command does the same way."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.shell_completion import CompletionItem

from pytest_schemadrift.cli.completion import any_file, files, folders
from pytest_schemadrift.cli.listing import Commands
from pytest_schemadrift.core.aside import answers
from pytest_schemadrift.core.config.settings import SCRATCH, TIMEOUT, ScratchChoice, find_project
from pytest_schemadrift.core.config.urls import DATABASE_URL
from pytest_schemadrift.core.files import write_whole
from pytest_schemadrift.errors import ConfigurationError, mask
from pytest_schemadrift.shown import finished

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from pytest_schemadrift.commands import CheckOptions, Project
    from pytest_schemadrift.planning.drift import Drift

T = TypeVar("T")
IN_SYNC, DRIFT, COULD_NOT_TELL, INTERRUPTED = 0, 1, 2, 130
FAIL_ON = ("any", "missing", "destructive", "breaks-queries", "risks-data", "costs-speed")


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
    scratch: ScratchChoice | None = None
    here: Path = field(default_factory=Path.cwd)
    """The folder that paths of the command line are relative to; the current one is that of the project."""
    folder: str | None = None
    """What was given to ``-C``."""

    def project(self) -> Project:
        """The project of the current folder. Raises ``ConfigurationError`` where there is none."""
        from pytest_schemadrift.commands import open_project

        overrides = {"scratch": self.scratch}
        project = open_project(config=self.config, config_file=self.config_file, overrides=overrides)
        return replace(project, place=f"-C {shlex.quote(self.folder)}") if self.folder else project

    def project_unless_url(self) -> Project | None:
        """As ``project``; ``None`` where there is none, and the URL of a database stands for it."""
        try:
            return self.project()
        except ConfigurationError:
            if not self.database_urls or self.config or self.config_file:
                raise
            return None

    def project_and_options(self, **more: Any) -> tuple[Project, CheckOptions]:
        """The project with the databases of the command line in the place of its own, and what to check in them."""
        from pytest_schemadrift.commands import with_urls

        options = self.options(**more)
        return with_urls(self.project(), options.database_urls), replace(options, database_urls=())

    def options(self, **more: Any) -> CheckOptions:
        """What to check, for ``commands``."""
        from pytest_schemadrift.commands import CheckOptions

        return CheckOptions(
            connections=self.connections,
            apps=self.apps,
            models=self.models,
            database_urls=self.database_urls,
            timeout=self.timeout,
            scratch=self.scratch or "auto",
            **more,
        )

    def note(self, *lines: str, err: bool = False) -> None:
        """Print what nobody has to act on, and nobody asked for; quiet, nothing."""
        if not self.quiet:
            for line in lines:
                say(line, err=err)

    def colored(self, to_file: bool) -> bool:
        """Whether to colour: as asked, else as NO_COLOR and FORCE_COLOR say, else on a terminal only."""
        if self.color is not None:
            return self.color
        if os.environ.get("NO_COLOR"):
            return False
        if os.environ.get("FORCE_COLOR"):
            return True
        return not to_file and answers().isatty() and os.environ.get("TERM") != "dumb"


class OwnPath(click.ParamType):  # type: ignore[type-arg,unused-ignore]  # generic since click 8.2
    """A path as the user wrote it, in the folder where they are, as one from the project's folder.

    Where ``words`` may stand as well, as for a source, only a ``.sql`` file is a path: ``live``, ``HEAD:models.sql``
    and a URL stay as they are.
    """

    name = "file"

    def __init__(self, words: Sequence[str] = ()) -> None:
        self.words = words

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Files, and the words."""
        return files(incomplete, self.words)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The path from the project's folder."""
        text = str(value)
        chosen = ctx.find_object(Global) if ctx else None
        if chosen is not None and self.words and "://" in text:
            return _own_file(chosen.here, text)
        if chosen is None or (self.words and (not text.endswith(".sql") or ":" in text)):
            return text
        return from_project(chosen.here, text)


def from_project(here: Path, path: str) -> str:
    """A path that is meant from ``here`` as one from the current folder, which is the project's."""
    return path if here == Path.cwd() else os.path.relpath(here / path)


def _named_urls(values: Sequence[str], connections: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """``[NAME=]URL``; an equals sign after ``://`` belongs to the URL. Without a name it is the chosen connection's."""
    pairs = []
    for value in values:
        name, separator, url = value.partition("=")
        if not separator or "://" in name:
            name, url = "", value
        if not url:
            raise click.UsageError(f"--database-url {value!r} is empty: set the variable that it is read from")
        if "://" not in url:
            raise click.UsageError(
                f"--database-url {mask(value)!r} is not a URL: write [NAME=]postgres://user@host/name"
            )
        if not name and len(connections) > 1:
            raise click.UsageError(
                f"--database-url names no connection, and there are several: write {connections[0]}={mask(url)}"
            )
        pairs.append((name or "".join(connections), url))
    return tuple(pairs)


def _urls_of_environment(environment: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """``SCHEMADRIFT_DATABASE_URL`` for the only connection, ``SCHEMADRIFT_DATABASE_URL_NAME`` for another.

    No password need stand in a command line, which others on the machine can read.
    """
    found = {
        name: url for name, url in environment.items() if name == DATABASE_URL or name.startswith(f"{DATABASE_URL}_")
    }
    pairs = []
    for name, url in sorted(found.items()):
        if "://" not in url:
            what = "is not a URL: write postgres://user@host/name" if url.strip() else "is empty: set it, or unset it"
            raise click.UsageError(f"${name} {what}")
        if "://" not in url.partition("=")[0] and "=" in url:
            connection = url.partition("=")[0]
            raise click.UsageError(f"${name} holds a name: set {DATABASE_URL}_{connection.upper()} to the URL alone")
        pairs.append((name[len(DATABASE_URL) + 1 :], url))
    return tuple(pairs)


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100, "show_default": True},
    epilog="schemadrift COMMAND --help says more. Dashes of a name may be underscores.",
)
@click.option(
    "-C",
    "folder",
    metavar="DIR",
    shell_complete=folders,
    help="Start in this directory; the project is found in it or above it.",
)
@click.option(
    "--config", metavar="MODULE.VARIABLE", help="Tortoise's configuration, such as app.settings.TORTOISE_ORM."
)
@click.option(
    "--config-file", metavar="FILE", shell_complete=any_file, help="Tortoise's configuration as JSON or YAML."
)
@click.option("--connection", "connections", multiple=True, metavar="NAME", help="Only this connection (repeatable).")
@click.option("--apps", multiple=True, metavar="LABEL", help="Only the models of this app (repeatable).")
@click.option("--models", multiple=True, metavar="NAME", help="Only this model, as Model or app.Model (repeatable).")
@click.option(
    "--database-url",
    "urls",
    multiple=True,
    metavar="[NAME=]URL",
    help=f"Use this database instead; also ${DATABASE_URL}[_NAME].",
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    metavar="S",
    default=TIMEOUT,
    help="Seconds to wait for a connection, and for a lock to read.",
)
@click.option(
    "--scratch",
    type=click.Choice(SCRATCH),
    help="Where scratch databases are made: on the same server, on one that is started here, or as needed (auto).",
)
@click.option("--color/--no-color", default=None, help="Colour the output (default: on a terminal).")
@click.option(
    "-v",
    "--verbose",
    is_flag=True,
    help="Show more: every statement, what is accepted, the traceback of an error.",
)
@click.option("-q", "--quiet", is_flag=True, help="Print only what fails, and what was asked for: SQL, DDL, source.")
@click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=lambda context, _, wanted: _print_version(context) if wanted else None,
    help="Show the version and exit.",
)
@click.pass_context
def cli(context: click.Context, /, urls: tuple[str, ...], folder: str | None, **values: Any) -> None:
    """Compare Tortoise ORM models with live databases, and print the SQL that fixes the drift."""
    here = _entered(folder) if folder else Path.cwd()
    # A project is the same from every folder of it: what its settings name by a relative path is meant from its own.
    os.chdir(find_project(here))
    if values["config_file"]:
        values["config_file"] = _from_anywhere(here, values["config_file"])
    given = tuple((name, _own_file(here, url)) for name, url in _named_urls(urls, values["connections"]))
    context.obj = Global(database_urls=given or _urls_of_environment(os.environ), here=here, folder=folder, **values)


def _print_version(context: click.Context) -> None:
    """Say which version this is, and end; it is looked for here alone, as no command needs it."""
    from pytest_schemadrift.core.cache import our_version

    if not context.resilient_parsing:
        click.echo(f"schemadrift, version {our_version()}")
        context.exit()


def _entered(folder: str) -> Path:
    """Go to the folder of ``-C``."""
    try:
        os.chdir(folder)
    except OSError as error:
        raise click.UsageError(f"-C {folder}: {error.strerror}") from None
    return Path.cwd()


def _own_file(here: Path, url: str) -> str:
    """The URL with the path of a SQLite file from the project's folder."""
    scheme, _, path = url.partition("://")
    if scheme != "sqlite" or not path or path.startswith((":", "/")):
        return url
    return f"{scheme}://{_from_anywhere(here, path)}"


def _from_anywhere(here: Path, path: str) -> str:
    """A path that a report may repeat to who is ``here``: as typed, or absolute outside of the project's folder."""
    return path if here == Path.cwd() else str(here / path)


def exit_code(drifts: list[Drift], fail_on: str = "any") -> int:
    """0 in sync, 1 drift of the kind that is to fail, 2 where something could not be read."""
    if any(drift.unreadable or drift.failed for drift in drifts):
        return COULD_NOT_TELL
    if any(drift.pending is not None for drift in drifts):
        return DRIFT
    return DRIFT if any(drift.plan and _fails(drift, fail_on) for drift in drifts) else IN_SYNC


def _fails(drift: Drift, fail_on: str) -> bool:
    from pytest_schemadrift.planning.hazards import LOSSES
    from pytest_schemadrift.schema.changes import Addition, simple_changes
    from pytest_schemadrift.schema.severity import Severity

    if fail_on == "missing":
        return any(isinstance(part, Addition) for step in drift.steps for part in simple_changes(step.change))
    if fail_on == "destructive":
        return any(LOSSES & set(step.hazards) for step in drift.steps)
    if fail_on in set(Severity):
        least = Severity(fail_on)
        return any(step.severity is None or step.severity.at_least(least) for step in drift.steps)
    return True


def write(text: str, output: str | None) -> None:
    """Print, or write to a file. Raises ``ConfigurationError`` where it cannot be written."""
    if output is None:
        _print(text)
        return
    try:
        write_whole(Path(output), text)
    except OSError as error:
        why = error.strerror or error
        raise ConfigurationError(f"cannot write {output}: {why}", hint="choose another file") from None


def say(text: str = "", *, err: bool = False, nl: bool = True) -> None:
    """Print a line for people, which may hold colours of ours and text from anywhere."""
    click.echo(finished(text), file=sys.stderr if err else answers(), nl=nl, color=True)


def _print(text: str) -> None:
    """Print; a reader (head, less) that has seen enough changes neither the verdict nor the exit code."""
    try:
        click.echo(text, file=answers(), nl=False, color=True)  # colours are in the text only where they are wanted
        answers().flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), answers().fileno())


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine in an event loop of its own.

    Its result goes past the task: up to Python 3.12 ``asyncio.run`` has ``signal.signal`` write the ``repr`` of its
    finished task twice (``Handlers(handler)`` raises a ``ValueError`` that names it), and that of a thousand tables
    takes longer than to compare them.
    """
    import asyncio

    from pytest_schemadrift.cli.progress import sign_of_life
    from pytest_schemadrift.core.ended import was_ended, without_exit

    results = []

    async def keep() -> None:
        results.append(await without_exit(coroutine))

    with sign_of_life():
        try:
            asyncio.run(keep())
        except SystemExit as error:  # of another task, which goes past all that wait for it
            raise was_ended(error) from error
    return results[0]
