"""``schemadrift gate``: one line before a deployment."""

from __future__ import annotations

import sys

import click

from pytest_schemadrift.cli.group import Global, OwnPath, cli, exit_code, run, write
from pytest_schemadrift.cli.reports import FormatName, report, write_job_summary


@cli.command(short_help="Stop a deployment on a drifted database.")
@click.option("--format", "format_", type=FormatName(), default="text", help="How to report it.")
@click.option("-o", "--output", type=OwnPath(), metavar="FILE", help="Write the report to a file.")
@click.pass_obj
def gate(chosen: Global, /, format_: str, output: str | None) -> None:
    """Compare each live database with its applied migrations, before the next ones are applied.

    0 go, 1 the database was changed by hand, 2 could not tell. Pending migrations are not drift; a table that exists
    before its migration is. A record of migrations that lacks one which an applied migration depends on exits with 2.
    The same as schemadrift check --source applied, without proving the fix.
    """
    from pytest_schemadrift.commands import check_project

    project = chosen.project()
    drifts = run(check_project(project, chosen.options(source="applied", prove=False)))
    write(report(drifts, format_, chosen, to_file=bool(output)), output)
    write_job_summary(drifts)
    sys.exit(exit_code(drifts))
