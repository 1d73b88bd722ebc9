"""``schemadrift snapshot``."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import click

from pytest_schemadrift.cli.group import DRIFT, IN_SYNC, Global, cli, run, write
from pytest_schemadrift.cli.group import exit_code as judged
from pytest_schemadrift.cli.reports import report


@cli.command(short_help="Write the models' schema to a file.")
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 if a file differs.")
@click.option("--exit-code", is_flag=True, help="Exit with 1 if a file was written or is not in Git yet.")
@click.pass_obj
def snapshot(chosen: Global, /, check: bool, exit_code: bool) -> None:
    """Write the schema of the models to one file per connection, without a database."""
    from pytest_schemadrift.commands.snapshot import check_snapshots, write_all

    project = chosen.project()
    if check:
        drifts = run(check_snapshots(project, chosen.options()))
        write(report(drifts, "text", chosen, to_file=False), None)
        sys.exit(judged(drifts))
    written, left_out = run(write_all(project, chosen.options()))
    if chosen.quiet and not exit_code:
        sys.exit(IN_SYNC)
    lines = [f"wrote {_shown(path)}" for path in written]
    lines += [f"Git does not have it yet: git add {shlex.quote(_shown(path))}" for path in left_out]
    write("".join(f"{line}\n" for line in lines), None)
    sys.exit(DRIFT if exit_code and (written or left_out) else IN_SYNC)


def _shown(path: Path) -> str:
    """As a person in the current folder would write it."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
