"""``schemadrift check``."""

from __future__ import annotations

import sys
from typing import Any

import click

from pytest_schemadrift.cli.group import FORMATS, Global, cli, exit_code, run, write
from pytest_schemadrift.cli.reports import report


@cli.command()
@click.option(
    "--source",
    default="auto",
    show_default=True,
    help="What to compare with the models: auto, live, migrations, snapshot, a *.sql file or a database URL.",
)
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
    drifts = run(check_project(project, chosen.options(**values)))
    write(report(drifts, format_, chosen, to_file=bool(output)), output)
    sys.exit(exit_code(drifts))
