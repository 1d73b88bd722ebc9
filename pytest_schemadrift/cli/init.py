"""``schemadrift init``: from nothing to the first check."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pytest_schemadrift.cli.group import COULD_NOT_TELL, IN_SYNC, Global, cli, exit_code, run, say, write
from pytest_schemadrift.cli.questions import Answer, ask, is_terminal
from pytest_schemadrift.cli.reports import report
from pytest_schemadrift.core.config.settings import PYPROJECT, TOOLS, tool_table
from pytest_schemadrift.errors import ConfigurationError

if TYPE_CHECKING:
    from pytest_schemadrift.commands import Project
    from pytest_schemadrift.commands.init import Candidate

_HOOKS = Path(".pre-commit-config.yaml")
_JOB = Path(".github/workflows/schemadrift.yml")
_EXTRAS = {"postgres": "postgres,embedded", "mysql": "mysql", "sqlite": ""}


@cli.command(short_help="Configure a project and check it once.")
@click.option("--commit-hook/--no-commit-hook", default=None, help="Add the commit hook (default: ask on a terminal).")
@click.option("--ci/--no-ci", default=None, help="Add a job for GitHub Actions (default: ask on a terminal).")
@click.option(
    "--service/--no-service",
    default=False,
    help="With --ci, add a second job that checks a migrated database in a service.",
    show_default=True,
)
@click.option("--check/--no-check", default=True, help="Run the first check.")
@click.pass_obj
def init(chosen: Global, /, *, commit_hook: bool | None, ci: bool | None, service: bool, check: bool) -> None:
    """Find Tortoise's configuration by reading the project, write its name to pyproject.toml, and check once.

    Nothing that exists is overwritten, and a second run changes nothing. 0 configured, 2 could not tell; drift is
    reported, but does not make this command fail.
    """
    _configure(chosen)
    project = chosen.project()
    if _wanted(commit_hook, _HOOKS, "write the schema at each commit, with the hook of pre-commit?"):
        _add_hook(chosen)
    if _wanted(ci, _JOB, "add a job for GitHub Actions?"):
        _add_job(chosen, project, service=service)
    if not check:
        sys.exit(IN_SYNC)
    from pytest_schemadrift.commands import check_project

    chosen.note("the first check:")
    drifts = run(check_project(project, chosen.options()))
    if not chosen.quiet or exit_code(drifts) == COULD_NOT_TELL:
        write(report(drifts, "text", chosen, to_file=False), None)
    sys.exit(COULD_NOT_TELL if exit_code(drifts) == COULD_NOT_TELL else IN_SYNC)


def _configure(chosen: Global) -> None:
    """Write ``[tool.schemadrift] tortoise_orm``, unless some table names the configuration already."""
    from pytest_schemadrift.commands.init import find_candidates, with_section

    for tool in TOOLS:
        if dotted := tool_table(Path.cwd(), tool).get("tortoise_orm"):
            chosen.note(f"{PYPROJECT}: configured already: [tool.{tool}] tortoise_orm = {dotted}")
            return
    if chosen.config_file:
        chosen.note(f"{PYPROJECT}: nothing was added: give --config-file each time")
        return
    dotted = chosen.config or _choose(find_candidates(Path.cwd()))
    path = Path(PYPROJECT)
    text = with_section(path.read_text("utf-8") if path.exists() else "", dotted)
    write(text, PYPROJECT)
    chosen.note(f"{PYPROJECT}: added [tool.schemadrift] tortoise_orm = {dotted}")


def _choose(candidates: Sequence[Candidate]) -> str:
    """The name of the configuration, asked for where there are several. Raises ``ConfigurationError``."""
    named = [item for item in candidates if item.dotted]
    if not named:
        raise _nothing(candidates)
    if len(named) == 1:
        return named[0].dotted
    for number, item in enumerate(named, 1):
        say(f"  {number}  {item.dotted}  ({item.path}:{item.line}, {item.what})")
    if not is_terminal():
        raise ConfigurationError(
            f"there are {len(named)} configurations of Tortoise",
            hint=f"choose one: schemadrift --config {named[0].dotted} init",
        )
    number = click.prompt("which one?", type=click.IntRange(1, len(named)), default=1)
    return named[number - 1].dotted


def _nothing(candidates: Sequence[Candidate]) -> ConfigurationError:
    """No configuration has a name: where its pieces are in a call, what they would be as one dictionary."""
    if not candidates:
        return ConfigurationError(
            "no configuration of Tortoise was found by reading the project",
            where=str(Path.cwd()),
            hint="run it in the project's folder, or name it: schemadrift --config app.settings.TORTOISE_ORM init",
        )
    first = next((item for item in candidates if item.dictionary), candidates[0])
    remedy = "make it a variable of a module, TORTOISE_ORM = …, or a function that returns it, and run it again"
    if first.file:
        remedy += f", or name the file each time: schemadrift --config-file {shlex.quote(first.file)} check"
    return ConfigurationError(
        "the configuration of Tortoise has no name: its pieces are in a call"
        if first.dictionary
        else "the configuration of Tortoise has no name that can be read from its module",
        where=f"{first.path}:{first.line} ({first.what})",
        hint=f"put it beside them, and run it again: {first.dictionary}" if first.dictionary else remedy,
    )


def _wanted(asked: bool | None, path: Path, question: str) -> bool:
    if asked is not None:
        return asked
    if not is_terminal() or (path.exists() and "schemadrift" in path.read_text("utf-8", errors="replace")):
        return False
    return ask(question, default=Answer.YES) is Answer.YES


def _add_hook(chosen: Global) -> None:
    from pytest_schemadrift.commands.init import commit_hook

    entry = commit_hook(Path.cwd())
    if not _HOOKS.exists():
        write(entry, str(_HOOKS))
        chosen.note(f"{_HOOKS}: written; switch it on with: pre-commit install")
    elif "schemadrift" in _HOOKS.read_text("utf-8", errors="replace"):
        chosen.note(f"{_HOOKS}: has it already")
    else:
        chosen.note(f"{_HOOKS} is there: add this to its repos:\n" + entry.partition("\n")[2].rstrip())


def _add_job(chosen: Global, project: Project, *, service: bool) -> None:
    from pytest_schemadrift.commands.init import ci_job, service_job

    if _JOB.exists():
        chosen.note(f"{_JOB}: is there already")
        return
    extras = {_EXTRAS[connection.dialect] for connection in project.tortoise.connections.values()}
    installed = ",".join(sorted(filter(None, extras)))
    kind, migrate = _in_service(project) if service else ("", "")
    _JOB.parent.mkdir(parents=True, exist_ok=True)
    write(service_job(installed, kind, migrate) if kind else ci_job(installed), str(_JOB))
    chosen.note(f"{_JOB}: written")
    if kind:
        chosen.note("  see that DATABASE_URL there is the variable that your settings read")


def _in_service(project: Project) -> tuple[str, str]:
    """(kind of server, command that brings its database up) of the first connection that is no file."""
    from pytest_schemadrift.commands.init import SERVICES
    from pytest_schemadrift.sources.migrations import find_migrations

    for name, connection in project.tortoise.connections.items():
        if _EXTRAS.get(connection.dialect):
            migrations = find_migrations(project.tortoise, name)
            provider = project.settings.database(name).provider
            kind = provider if provider in SERVICES else connection.dialect
            return kind, migrations.upgrade() if migrations else "schemadrift migrate"
    raise ConfigurationError("SQLite needs no service", hint="leave --service out")
