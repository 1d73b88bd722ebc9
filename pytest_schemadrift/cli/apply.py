"""``schemadrift apply`` and ``auto-migrate``: show, ask, run, and say what is left."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from pytest_schemadrift.cli.fixing.dialog import Dialog, SavedDialog, UndoFile
from pytest_schemadrift.cli.fixing.options import apply_options, running_options
from pytest_schemadrift.cli.fixing.tenants import apply_to_tenants
from pytest_schemadrift.cli.group import COULD_NOT_TELL, IN_SYNC, INTERRUPTED, Global, OwnPath, cli, run, say
from pytest_schemadrift.cli.questions import is_terminal
from pytest_schemadrift.cli.tenants import (
    ROLLOUT,
    TENANTS,
    executor_option,
    rollout_options,
    tenant_options,
    tenants_asked_for,
)
from pytest_schemadrift.errors import ConfigurationError, SchemaDriftError


@cli.command(short_help="Fix the drift, or run a saved plan.")
@click.argument("plan_file", metavar="[PLAN]", required=False, type=OwnPath())
@click.option(
    "--undo-file", type=OwnPath(), metavar="FILE", help="Write the SQL that undoes the changes, before anything is run."
)
@click.option("--other-database", is_flag=True, help="Run the PLAN on another database with the same schema.")
@tenant_options
@executor_option
@rollout_options
@running_options
def apply(
    chosen: Global, /, *, plan_file: str | None, undo_file: str | None, other_database: bool, **values: Any
) -> None:
    """Fix the drift: show each change, ask, run it, and compare again. 0 in sync, 1 drift left, 2 error.

    With a PLAN saved by schemadrift plan -o, runs exactly its statements, provided that it was made for this database
    as it is now.
    """
    if values["executor"] is not None:
        chosen.project()  # one of its modules may be named
    asked = tenants_asked_for(**{name: values.pop(name) for name in (*TENANTS, "executor")})
    rollout = {name: values.pop(name) for name in ROLLOUT}
    if asked is not None:
        if undo_file is not None:
            raise click.UsageError(
                "--undo-file is for one database: what takes a change back from tenants is the models of before, with "
                "apply --tenants"
            )
        if plan_file is not None or other_database:
            raise click.UsageError("a saved plan and --other-database are for one database, not for tenants")
        sys.exit(apply_to_tenants(chosen, asked, rollout, values))
    if any(value is not None for value in rollout.values()):
        raise click.UsageError("--canary, --stop-after, --journal and --resume are about tenants: add --tenants")
    if plan_file is not None:
        sys.exit(_apply_saved(chosen, Path(plan_file), undo_file=undo_file, other_database=other_database, **values))
    if other_database:
        raise click.UsageError("--other-database is about a saved plan: name its file")
    sys.exit(_apply(chosen, undo_file=undo_file, **values))


@cli.command("auto-migrate", short_help="Fix the drift, as apply does.")
@running_options
def auto_migrate(chosen: Global, /, **values: Any) -> None:
    """Fix the drift, as ``apply`` does."""
    sys.exit(_apply(chosen, **values))


def _apply(
    chosen: Global, /, *, guided: bool | None, yes: bool, dry_run: bool, undo_file: str | None = None, **values: Any
) -> int:
    from pytest_schemadrift.cli.progress import loading
    from pytest_schemadrift.commands import chosen_connections
    from pytest_schemadrift.commands.apply import Applying

    project, checking = chosen.project_and_options(renames=values["renames"], ignore_pending=values["ignore_pending"])
    names = chosen_connections(project, checking)
    asks = guided if guided is not None else not yes and is_terminal()
    runs = asks or yes or guided is False
    codes = []
    undo = UndoFile(undo_file) if undo_file else None
    with loading(project) as models:
        applying = Applying(project, models, checking, apply_options(project.settings, values))
        run(applying.assert_named(names))  # of all of them, before the first is changed
        for name in names:
            try:
                dialog = Dialog(chosen, applying, name, offers=values["safe"] is not True)
                codes.append(dialog.run(asks=asks, runs=runs, dry_run=dry_run, undo=undo))
            except SchemaDriftError as error:
                if not values["continue_on_error"]:
                    raise
                say(f"schemadrift: {name}: {error}", err=True)
                codes.append(COULD_NOT_TELL)
            if codes[-1] == INTERRUPTED or (codes[-1] == COULD_NOT_TELL and not values["continue_on_error"]):
                break
    return max(codes, default=IN_SYNC)


def _apply_saved(
    chosen: Global,
    /,
    path: Path,
    *,
    yes: bool,
    guided: bool | None,
    dry_run: bool,
    undo_file: str | None,
    other_database: bool,
    **values: Any,
) -> int:
    """Run a saved plan, connection by connection, as it was written and no other."""
    from pytest_schemadrift.cli.progress import loading
    from pytest_schemadrift.commands.apply import Applying
    from pytest_schemadrift.commands.plans import read_plan_file

    _refuse_other_choices(values)
    saved = read_plan_file(path)
    project, checking = chosen.project_and_options(ignore_pending=values["ignore_pending"])
    asks = guided if guided is not None else not yes and is_terminal()
    codes = []
    undo = UndoFile(undo_file) if undo_file else None
    with loading(project) as models:
        options = apply_options(project.settings, values)
        applying = Applying(project, models, checking, options)
        for one in saved:
            if chosen.connections and one.connection not in chosen.connections:
                continue
            dialog = SavedDialog(chosen, applying, one.connection)
            how = {"asks": asks, "dry_run": dry_run, "yes": yes, "other_database": other_database}
            codes.append(dialog.run_saved(one, **how, undo=undo))
            if codes[-1] in (INTERRUPTED, COULD_NOT_TELL):
                break
    return max(codes, default=IN_SYNC)


def _refuse_other_choices(values: dict[str, Any]) -> None:
    """A saved plan is what was reviewed: what would make another one belongs to the making of it."""
    given = {
        "--allow-hazard": values["allowed"],
        "--allow": values["allowed_changes"],
        "--rename": values["renames"],
        "--no-renames": values["no_renames"],
        "--online": values["online"],
        "--no-safe": values["safe"] is False,
        "--continue-on-error": values["continue_on_error"],
    }
    wrong = [option for option, value in given.items() if value]
    if wrong:
        raise ConfigurationError(
            f"{', '.join(wrong)} cannot be given with a saved plan", hint="give it to: schemadrift plan -o FILE"
        )
