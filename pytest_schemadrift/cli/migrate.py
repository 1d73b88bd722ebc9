"""``schemadrift migrate``: create what is missing, then fill what stands on it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from pytest_schemadrift.cli.fixing.shown import MANY
from pytest_schemadrift.cli.group import COULD_NOT_TELL, IN_SYNC, INTERRUPTED, Global, cli, run, say
from pytest_schemadrift.cli.questions import Answer, ask
from pytest_schemadrift.cli.tenants import tenant_options, tenants_asked_for
from pytest_schemadrift.errors import SchemaDriftError

if TYPE_CHECKING:
    from pytest_schemadrift.applying.executor import Outcome
    from pytest_schemadrift.commands.migrate import Creation, MigrateOptions, Migrating
    from pytest_schemadrift.commands.project import CheckOptions, Project
    from pytest_schemadrift.commands.tenants.check import TenantOptions
    from pytest_schemadrift.planning.plan import Plan
    from pytest_schemadrift.schema.model import Name, Table


@cli.command(short_help="Create missing tables; alter nothing.")
@click.option("--safe/--no-safe", default=True, help="Skip what has been created meanwhile, or stop with an error.")
@click.option("--guided/--no-guided", default=False, help="Ask before each table.")
@click.option("--no-renames", is_flag=True, help="Treat a table that looks renamed as a new one.")
@click.option("--ignore-pending", is_flag=True, help="Use the database as it is, even if migrations are pending.")
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
    from pytest_schemadrift.cli.progress import loading
    from pytest_schemadrift.commands.dependencies import assert_apps_complete
    from pytest_schemadrift.commands.migrate import MigrateOptions, Migrating, database_files
    from pytest_schemadrift.commands.project import chosen_connections, with_urls

    project = chosen.project()
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
    with database_files(project, names), loading(project) as models:
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
    """Create what each tenant is without, side by side; then fill one after the other. The exit code."""
    from pytest_schemadrift.cli.progress import loading
    from pytest_schemadrift.commands.dependencies import assert_apps_complete
    from pytest_schemadrift.commands.migrate import Migrating, database_files
    from pytest_schemadrift.commands.tenants.check import tenants_of
    from pytest_schemadrift.commands.tenants.each import for_each, until_it_fits
    from pytest_schemadrift.commands.tenants.find import Tenant
    from pytest_schemadrift.commands.tenants.judge import Judge

    checking = replace(checking, ignore=None)
    opened, tenants = run(tenants_of(project, checking, asked))
    assert_apps_complete(opened.tortoise)
    dialogs: dict[Tenant, _Dialog] = {}
    with loading(opened) as models:
        judge = Judge(opened, models, checking)

        async def create(tenant: Tenant) -> tuple[str, str]:
            here = replace(checking, connections=(tenant.connection,), database_urls=())
            try:
                migrating = Migrating(judge.seen_by(tenant), models, here, options)
            except SchemaDriftError as error:  # there is no such place
                say(f"schemadrift: {tenant.name}: {error}", err=True)
                return str(COULD_NOT_TELL), ""
            dialog = _Dialog(chosen, migrating, guided=False, dry_run=dry_run)

            async def once() -> int:
                dialog.lines = [] if chosen.quiet else [(f"tenant {tenant.name}:", False)]
                with database_files(migrating.project, (tenant.connection,)):
                    return await dialog.created(await migrating.propose(tenant.connection))

            code = COULD_NOT_TELL
            try:
                code = await until_it_fits(once)
            except SchemaDriftError as error:
                dialog.lines = [(f"schemadrift: {tenant.name}: {error}", True)]
            dialog.flush()
            if code == INTERRUPTED:
                raise asyncio.CancelledError
            if code == IN_SYNC and not dry_run:
                dialogs[tenant] = dialog
            return str(code), ""

        codes = [int(result.outcome) for result in run(for_each(tenants, asked.jobs, create))]
    for tenant in tenants:
        if tenant in dialogs:
            codes.append(_follow(dialogs[tenant], tenant.connection, tenant.name))
    return max(codes)


def _follow(dialog: _Dialog, name: str, tenant: str) -> int:
    """Run the hooks for a tenant and set its sequences: hooks fill the one database that Tortoise has open."""
    from pytest_schemadrift.cli.progress import loading
    from pytest_schemadrift.commands.migrate import database_files

    project = dialog.migrating.project
    try:
        if dialog.migrating.has_hooks:
            with database_files(project, (name,)), loading(project) as models:
                dialog.migrating = replace(dialog.migrating, models=models)
                dialog.follow((name,))
        else:
            dialog.follow((name,))
    except SchemaDriftError as error:
        say(f"schemadrift: {tenant}: {error}", err=True)
        return COULD_NOT_TELL
    if dialog.lines:
        dialog.lines.insert(0, (f"tenant {tenant}:", False))
    dialog.flush()
    return IN_SYNC


class _Dialog:
    """From what is missing to the last hook, for every connection."""

    def __init__(self, chosen: Global, migrating: Migrating, *, guided: bool, dry_run: bool) -> None:
        self.chosen, self.migrating, self.guided, self.dry_run = chosen, migrating, guided, dry_run
        self.color = chosen.colored(to_file=False)
        self.lines: list[tuple[str, bool]] | None = None
        """What is to be said, and whether as an error, where it is said at the end; ``None``: at once."""

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
        self.follow(names)
        return IN_SYNC

    def follow(self, names: Sequence[str]) -> None:
        """Run the hooks, then set the sequences past the rows that there are."""
        if self.migrating.has_hooks:
            for note in run(self.migrating.follow(names)):
                self._say([f"  {note}"])
        for name in names:
            self._set_sequences(name)

    def _create(self, creation: Creation) -> int:
        if not self.guided or self.dry_run or not creation.tables:
            return run(self.created(creation))
        self._head(creation)
        asked = self._ask(creation)
        if asked is None:
            self._say(["  stopped: nothing was created"])
            return INTERRUPTED
        return run(self.created(asked, has_head=True))

    async def created(self, creation: Creation, *, has_head: bool = False) -> int:
        """Create it, or print the SQL of a dry run, and say what is left; the exit code."""
        from pytest_schemadrift.report.text import highlighted

        if not has_head:
            self._head(creation)
        if self.dry_run:
            self._say(_created(creation, everything=self.chosen.verbose, would=True))
            self._tell([highlighted(f"{sql};", self.color) for sql in creation.plan.sql()], err=False)
        elif creation.plan:
            return await self._carry_out(creation)
        self._say([*_declined(creation), *_left(creation)])
        return COULD_NOT_TELL if creation.drift.unreadable else IN_SYNC

    def _head(self, creation: Creation) -> None:
        from pytest_schemadrift.report.text import place_line, unreadable_lines

        self._say([f"{place_line(creation.drift)}: {_what(creation)}"])
        self._warn(unreadable_lines(creation.drift, color=self.color))

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

    async def _carry_out(self, creation: Creation) -> int:
        from pytest_schemadrift.report.applying import outcome_lines

        outcome: Outcome = await self.migrating.carry_out(creation)
        if not outcome.ok:
            self._warn(outcome_lines([outcome], color=self.color))
            return INTERRUPTED if outcome.interrupted else COULD_NOT_TELL
        after: Creation = await self.migrating.look(creation.drift.connection)
        self._say(_created(creation, everything=self.chosen.verbose))
        self._say([*_declined(creation), *_left(after)])
        return COULD_NOT_TELL if after.drift.unreadable else IN_SYNC

    def _set_sequences(self, name: str) -> None:
        changed = [looked for looked in run(self.migrating.set_sequences(name)) if looked.is_set or looked.failed]
        for looked in changed:
            line = f"  sequence {looked.counter.name}: {looked.words}"
            self._tell([line] if looked.failed or not self.chosen.quiet else [], err=False)

    def flush(self) -> None:
        """Say what was kept; what comes next is kept again."""
        for line, is_error in self.lines or ():
            say(line, err=is_error)
        self.lines = []

    def _say(self, lines: Sequence[str]) -> None:
        """What is for a person: beside the SQL of a dry run, which may be piped, and not among it."""
        if not self.chosen.quiet:
            self._tell(lines, err=self.dry_run)

    def _warn(self, lines: Sequence[str]) -> None:
        self._tell(lines, err=True)

    def _tell(self, lines: Sequence[str], *, err: bool) -> None:
        if self.lines is not None:
            self.lines += [(line, err) for line in lines]
            return
        for line in lines:
            say(line, err=err)


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


def _created(creation: Creation, *, everything: bool, would: bool = False) -> list[str]:
    """What was (or ``would`` be) created; of many things the first, and how many more, unless ``everything``."""
    from pytest_schemadrift.report.words import counted

    verb = "would create" if would else "created"
    tables = [f"  {verb} {_described(table)}" for table in creation.tables]
    others = _others(creation.plan, would=would)
    if everything or len(tables) + len(others) <= MANY:
        return [*tables, *others]
    more = [counted(len(tables) - _SHOWN, "table")] if len(tables) > _SHOWN else []
    more += [counted(len(others) - _SHOWN, "other object")] if len(others) > _SHOWN else []
    return [*tables[:_SHOWN], *others[:_SHOWN], f"  and {' and '.join(more)} more: -v shows them"]


def _others(plan: Plan, *, would: bool) -> list[str]:
    """What was (or ``would`` be) created that is no table: ``created index (name) of author``."""
    from pytest_schemadrift.planning import deeds
    from pytest_schemadrift.schema import changes as c

    told = deeds.would if would else deeds.did
    return [f"  {told(step.change)}" for step in plan.steps if not isinstance(step.change, c.CreateTable)]


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
