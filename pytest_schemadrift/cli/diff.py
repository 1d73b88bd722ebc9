"""``schemadrift diff``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from pytest_schemadrift.cli.completion import SIDES
from pytest_schemadrift.cli.group import COULD_NOT_TELL, IN_SYNC, Global, OwnPath, cli, exit_code, run, say, write
from pytest_schemadrift.cli.reports import report

if TYPE_CHECKING:
    from pytest_schemadrift.planning.drift import Drift


@cli.command(short_help="Print the SQL from one source to another.")
@click.argument("from_", metavar="[FROM]", type=OwnPath(SIDES), default="live")
@click.argument("to", metavar="[TO]", type=OwnPath(SIDES), default="models")
@click.option(
    "--dialect", type=click.Choice(["postgres", "mysql", "mariadb", "sqlite"]), help="The dialect of two SQL files."
)
@click.option("--format", "format_", type=click.Choice(["sql", "json"]), default="sql", help="How to print it.")
@click.option("--exit-code", is_flag=True, help="Exit with 1 if there is a difference.")
@click.pass_obj
def diff(chosen: Global, /, from_: str, to: str, **values: Any) -> None:
    """Print only the SQL that turns FROM into TO.

    Each is live, models, snapshot, migrations, a *.sql file, REV:path, or a database URL.
    """
    from pytest_schemadrift.commands import diff_sources

    project = chosen.project() if _names_project(from_, to, chosen) else None
    format_: str = values["format_"]
    drift = run(
        diff_sources(
            project,
            from_,
            to,
            dialect=values["dialect"],
            connection=next(iter(chosen.connections), None),
            database_url=chosen.database_urls[0][1] if chosen.database_urls else None,
            timeout=chosen.timeout,
            scratch=chosen.scratch or "auto",
            prove=format_ == "json",
        )
    )
    if format_ == "json":
        write(report([drift], "json", chosen, to_file=False), None)
    else:
        write(_sql(drift, chosen), None)
    for item in drift.unreadable:
        say(f"not readable: {item.kind} {item.name}: {item.reason}", err=True)
    if drift.unreadable:
        sys.exit(COULD_NOT_TELL)
    sys.exit(exit_code([drift]) if values["exit_code"] else IN_SYNC)


def _names_project(from_: str, to: str, chosen: Global) -> bool:
    """Whether a side of the comparison is the project's: its settings module is imported only then."""
    return bool({"models", "snapshot", "migrations"} & {from_, to}) or (
        "live" in (from_, to) and not chosen.database_urls
    )


def _sql(drift: Drift, chosen: Global) -> str:
    from pytest_schemadrift.planning.script import runnable
    from pytest_schemadrift.report.text import highlighted
    from pytest_schemadrift.shown import finished

    opening = (*drift.session, *drift.plan.prologue) if drift.plan else ()
    lines = [f"{runnable(sql, drift.dialect)};" for sql in opening]
    for step in drift.steps:
        if step.hazards:
            lines.append(f"-- {', '.join(step.hazards)}")
        lines += [f"{runnable(sql, drift.dialect)};" for sql in step.sql]
    lines += [f"{runnable(sql, drift.dialect)};" for sql in drift.plan.epilogue] if drift.plan else []
    return finished(highlighted("".join(f"{line}\n" for line in lines), chosen.colored(to_file=False)))
