"""``schemadrift migrate``: create what is missing, then fill what stands on it."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from pytest_schemadrift.cli.group import COULD_NOT_TELL, IN_SYNC, INTERRUPTED, Global, cli, run, say
from pytest_schemadrift.cli.questions import Answer, ask
from pytest_schemadrift.cli.tenants import tenant_options, tenants_asked_for
from pytest_schemadrift.errors import SchemaDriftError

if TYPE_CHECKING:
    from pytest_schemadrift.applying.executor import OnDone, Outcome
    from pytest_schemadrift.commands.migrate import Creation, MigrateOptions, Migrating
    from pytest_schemadrift.commands.project import CheckOptions, Project
    from pytest_schemadrift.commands.tenants.check import TenantOptions
    from pytest_schemadrift.planning.plan import Plan, Statement
    from pytest_schemadrift.schema.model import Name, Table


@cli.command(short_help="Create what is missing, alter nothing.")
@click.option("--safe/--no-safe", default=True, help="Pass by what exists meanwhile, or end with an error.")
@click.option("--guided/--no-guided", default=False, help="Ask before each table.")
@click.option("--no-renames", is_flag=True, help="A table that looks renamed is a new one.")
@click.option("--ignore-pending", is_flag=True, help="Take the database as it is, whatever migrations wait for it.")
@click.option("--dry-run", is_flag=True, help="Print the SQL and create nothing.")
@tenant_options
@click.pass_obj
def migrate(
    chosen: Global,
    /,
    *,
    safe: bool,
    guided: bool,
    no_renames: bool,
    dry_run: bool,
    ignore_pending: bool,
    **tenants: Any,
) -> None:
    """Create the tables and indexes that are missing, alter nothing, and run the post-migrate hooks."""
    from pytest_schemadrift.commands.dependencies import assert_apps_complete
    from pytest_schemadrift.commands.migrate import MigrateOptions, Migrating, database_files
    from pytest_schemadrift.commands.project import chosen_connections, loaded_models, with_urls

    project = chosen.project()
    assert project is not None
    checking = chosen.options(ignore_pending=ignore_pending)
    options = MigrateOptions(safe, no_renames)
    asked = tenants_asked_for(**tenants)
    if asked is not None:
        if guided:
            raise click.UsageError("tenants are not asked about one by one: leave --guided out")
        sys.exit(_migrate_tenants(chosen, project, checking, asked, options, dry_run=dry_run))
    project = with_urls(project, checking.database_urls)
    names = chosen_connections(project, checking)
    assert_apps_complete(project.tortoise)
    with database_files(project, names), loaded_models(project) as models:
        migrating = Migrating(project, models, checking, options)
        sys.exit(_Dialog(chosen, migrating, guided=guided, dry_run=dry_run).run(names))


def _migrate_tenants(
    chosen: Global,
    project: Project,
    checking: CheckOptions,
    asked: TenantOptions,
    options: MigrateOptions,
    *,
    dry_run: bool,
) -> int:
    """Create what each tenant is without, one after the other: hooks fill one database at a time. The exit code."""
    from pytest_schemadrift.commands.dependencies import assert_apps_complete
    from pytest_schemadrift.commands.migrate import Migrating, database_files
    from pytest_schemadrift.commands.project import loaded_models
    from pytest_schemadrift.commands.tenants.check import Judge, tenants_of

    checking = replace(checking, ignore=None)
    opened, tenants = run(tenants_of(project, checking, asked))
    assert_apps_complete(opened.tortoise)
    with loaded_models(opened) as models:
        judge = Judge(opened, models, checking)
        seen = [(tenant, judge.seen_by(tenant)) for tenant in tenants]
    codes = []
    for tenant, there in seen:
        name = tenant.connection
        say(f"tenant {tenant.name}:")
        try:
            here = replace(checking, connections=(name,), database_urls=())
            with database_files(there, (name,)), loaded_models(there) as models:
                migrating = Migrating(there, models, here, options)
                codes.append(_Dialog(chosen, migrating, guided=False, dry_run=dry_run).run((name,)))
        except SchemaDriftError as error:
            say(f"schemadrift: {tenant.name}: {error}", err=True)
            codes.append(COULD_NOT_TELL)
        if codes[-1] == INTERRUPTED:
            break
    return max(codes)


class _Dialog:
    """From what is missing to the last hook, for every connection."""

    def __init__(self, chosen: Global, migrating: Migrating, *, guided: bool, dry_run: bool) -> None:
        self.chosen, self.migrating, self.guided, self.dry_run = chosen, migrating, guided, dry_run
        self.color = chosen.colored(to_file=False)

    def run(self, names: Sequence[str]) -> int:
        # All are looked at before anything runs: what is wrong with the last is said before the first is changed.
        creations = [run(self.migrating.propose(name)) for name in names]
        codes = []
        for creation in creations:
            codes.append(self._create(creation))
            if codes[-1] == INTERRUPTED:
                return INTERRUPTED
        if self.dry_run or COULD_NOT_TELL in codes:
            return max(codes)
        for note in run(self.migrating.follow(names)):
            self._say([f"  {note}"])
        for name in names:
            self._set_sequences(name)
        return IN_SYNC

    def _create(self, creation: Creation) -> int:
        from pytest_schemadrift.report.text import highlighted, place_line, unreadable_lines

        drift = creation.drift
        self._say([f"{place_line(drift)}: {_what(creation)}"])
        for line in unreadable_lines(drift, color=self.color):
            say(line, err=True)
        if self.guided and not self.dry_run and creation.tables:
            asked = self._ask(creation)
            if asked is None:
                self._say(["  stopped: nothing was created"])
                return INTERRUPTED
            creation = asked
        if self.dry_run:
            self._say([highlighted(f"{sql};", self.color) for sql in creation.plan.sql()])
        elif creation.plan:
            return self._carry_out(creation)
        self._say([*_declined(creation), *_left(creation)])
        return COULD_NOT_TELL if drift.unreadable else IN_SYNC

    def _ask(self, creation: Creation) -> Creation | None:
        """Ask about each table; who refers to a declined one is not created either, and that is said."""
        no: set[Name] = set()
        for table in creation.tables:
            said = ask(f"create {_described(table)}?", default=Answer.YES, offer_all=True)
            if said is Answer.QUIT:
                return None
            if said is Answer.ALL:
                break
            if said is Answer.NO:
                no.add(table.name)
        if not no:
            return creation
        again = self.migrating.without(creation, no)
        left = {table.name for table in creation.tables} - {table.name for table in again.tables} - no
        self._say([f"  not created either: {name}, which refers to one of them" for name in sorted(left)])
        return again

    def _carry_out(self, creation: Creation) -> int:
        from pytest_schemadrift.report.applying import outcome_lines

        with _bar(creation.plan, hidden=self.chosen.quiet) as on_done:
            outcome: Outcome = run(self.migrating.carry_out(creation, on_done))
        if not outcome.ok:
            for line in outcome_lines([outcome], color=self.color):
                say(line, err=True)
            return INTERRUPTED if outcome.interrupted else COULD_NOT_TELL
        after: Creation = run(self.migrating.look(creation.drift.connection))
        self._say([*(f"  created {_described(table)}" for table in creation.tables), *_others(creation.plan)])
        self._say([*_declined(creation), *_left(after)])
        return COULD_NOT_TELL if after.drift.unreadable else IN_SYNC

    def _set_sequences(self, name: str) -> None:
        changed = [looked for looked in run(self.migrating.set_sequences(name)) if looked.is_set or looked.failed]
        self._say([f"  sequence {looked.counter.name}: {looked.words}" for looked in changed])

    def _say(self, lines: Sequence[str]) -> None:
        if not self.chosen.quiet:
            for line in lines:
                say(line)


def _what(creation: Creation) -> str:
    """``12 tables and 3 other objects to create``."""
    from pytest_schemadrift.report.words import counted

    tables = len(creation.tables)
    others = len(creation.plan.steps) - tables
    words = [counted(tables, "table")] if tables else []
    words += [f"{others} {'other ' if tables else ''}object{'' if others == 1 else 's'}"] if others else []
    return f"{' and '.join(words)} to create" if words else "nothing to create"


def _described(table: Table) -> str:
    from pytest_schemadrift.report.words import counted

    parts = [counted(len(table.columns), "column")]
    parts += [counted(len(table.foreign_keys), "foreign key")] if table.foreign_keys else []
    return f"table {table.name} ({', '.join(parts)})"


def _others(plan: Plan) -> list[str]:
    """What was created that is no table: ``created index (name) of author``."""
    from pytest_schemadrift.planning.deeds import did
    from pytest_schemadrift.schema import changes as c

    return [f"  {did(step.change)}" for step in plan.steps if not isinstance(step.change, c.CreateTable)]


def _declined(creation: Creation) -> list[str]:
    """What a person said no to, and what could not be created without it."""
    from pytest_schemadrift.planning.describe import describe

    items = [item for item in creation.left if not item.flag]
    return [f"  not created: {describe(item.change)}: {item.because}" for item in items]


def _left(creation: Creation) -> list[str]:
    """What creating does not fix, and the command that does."""
    from pytest_schemadrift.planning.describe import describe
    from pytest_schemadrift.report.words import counted

    left = [item for item in creation.left if item.flag]
    if not left:
        return []
    lines = [f"  {counted(len(left), 'difference')} left, which schemadrift apply fixes:"]
    lines += [f"    {describe(item.change)}" for item in left[:_SHOWN]]
    return [*lines, f"    and {len(left) - _SHOWN} more"] if len(left) > _SHOWN else lines


_SHOWN = 10


@contextmanager
def _bar(plan: Plan, *, hidden: bool) -> Iterator[OnDone]:
    """A bar on standard error while statements run, where that is a terminal."""
    if hidden or not sys.stderr.isatty():
        yield lambda statement: None
        return
    with click.progressbar(length=len(plan.statements), label="creating", file=sys.stderr) as bar:

        def done(_: Statement) -> None:
            bar.update(1)

        yield done
