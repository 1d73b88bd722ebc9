"""Carry out the changes of a plan in groups that have nothing to do with each other: one may fail, the others go on."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import TYPE_CHECKING, assert_never

from pytest_schemadrift.applying.executor import PLAN_ANEW, OnDone, Outcome, execute
from pytest_schemadrift.dialects.base import Patience
from pytest_schemadrift.errors import Busy, SchemaDriftError, StalePlan
from pytest_schemadrift.planning.build import build_plan
from pytest_schemadrift.planning.describe import name_of
from pytest_schemadrift.planning.plan import Statement, fingerprint
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.evolve import evolve
from pytest_schemadrift.schema.model import Name, Schema, Table, referenced_tables
from pytest_schemadrift.sources.database import dump

if TYPE_CHECKING:
    from pytest_schemadrift.planning.safe_mode import Selection
    from pytest_schemadrift.sources.scratch import LiveServer

_ANEW = "run it again when that is fixed: a new plan is made"


async def one_by_one(
    server: LiveServer,
    old: Schema,
    selection: Selection,
    patience: Patience,
    on_done: OnDone | None = None,
    *,
    online: bool = False,
    empty: Collection[Name] = (),
    intact: bool = False,
) -> list[Outcome]:
    """Carry out a selection of the way from ``old``, whatever becomes of single groups; the renames are the first one.

    A group is started only where its tables still are what it was made for. A rename that failed leaves tables, columns
    and values under names for which the rest has another use, and which may look the same: where the renames failed,
    nothing is done to what any of them is about. Raises ``StalePlan`` where the database is not ``old``:
    nothing was done then. ``empty`` and ``intact`` are as for ``execute``.
    """
    outcomes: list[Outcome] = []
    expected = evolve(old, selection.renames)
    renamed = {name for change in selection.renames for name in _named_by(change, old)}
    for renames, group in [(selection.renames, ()), *(((), group) for group in groups(selection))]:
        live = await dump(server)
        if not outcomes and fingerprint(live) != fingerprint(old):
            raise StalePlan(
                f"the database {server.info.database} changed after the plan was made: nothing was done",
                hint=PLAN_ANEW,
            )
        try:
            start = evolve(live, renames)
            _assert_as_expected(start, expected, group, renamed)
            if outcomes and not outcomes[0].ok:
                _assert_not_renamed(start, group, selection.renames, old)
            new = evolve(start, group)
            plan = build_plan(live, new, server.dialect, server.info, renames=renames, online=online)
        except KeyError as missing:
            error = SchemaDriftError(f"{missing.args[0]} is not there: an earlier change failed")
            outcomes.append(_not_started(group, error))
            continue
        except SchemaDriftError as error:
            outcomes.append(_not_started(group, error))
            continue
        trusted = frozenset(empty) & {c.table_of(change) for change in (*renames, *group)}
        try:
            outcomes.append(await execute(server, plan, patience, on_done, still_empty=trusted, intact=intact))
        except (Busy, StalePlan) as error:
            if not any(outcome.done for outcome in outcomes):
                raise
            outcomes.append(_not_started(group, error))  # what was done before it is not to be forgotten
        if outcomes[-1].interrupted:
            break
    return outcomes


def _not_started(group: Iterable[c.SimpleChange], error: SchemaDriftError) -> Outcome:
    return Outcome(not_started=tuple(Statement("", change) for change in group), error=error)


def _named_by(change: c.Rename, old: Schema) -> set[Name]:
    """The tables, before and after it, whose text a rename may alter."""
    match change:
        case c.RenameTable():
            return {change.old, change.new}
        case c.RenameColumn():
            return {change.table}
        case c.RenameEnumValue():
            return {table.name for table in old.tables}
        case _:
            assert_never(change)


def _assert_not_renamed(
    start: Schema, group: Iterable[c.SimpleChange], renames: Iterable[c.Rename], old: Schema
) -> None:
    """Raise where a group has to do with what was to be renamed and was not: its names may be those of others."""
    waiting = {name for rename in renames for name in _stands_on(rename, old)}
    names = {name for change in group for name in (*touches(change), *_enums_of(change))}
    enums = {enum.name for enum in start.enums}
    for name in sorted(names & waiting):
        if start.table(name) is not None or name in enums:
            raise SchemaDriftError(f"{name} may not be what this change is for: a rename failed", hint=_ANEW)


def _stands_on(rename: c.Rename, old: Schema) -> set[Name]:
    """The tables and enums that are others where a rename was not made."""
    if not isinstance(rename, c.RenameEnumValue):
        return _named_by(rename, old)
    types = {rename.enum.name, *(domain.name.name for domain in old.domains)}
    return {rename.enum} | {
        table.name for table in old.tables if any(word in column.type for word in types for column in table.columns)
    }


def _enums_of(change: c.SimpleChange) -> set[Name]:
    """The enum that is there already and that a change is about."""
    match change:
        case c.AddEnumValue():
            return {change.enum}
        case c.ReplaceEnum() | c.SetTypeComment():
            return {change.old.name}
        case c.DropEnum():
            return {change.enum.name}
        case _:  # renames are made before all of these
            return set()


def _assert_as_expected(
    start: Schema, expected: Schema, group: Iterable[c.SimpleChange], renamed: Collection[Name]
) -> None:
    """Raise where a table that a group has to do with is not the one that its changes were made for."""
    for name in sorted({name for change in group for name in touches(change)}):
        now, then = start.table(name), expected.table(name)
        # A rename takes names and texts along as the server likes; what the columns hold stays.
        same = _columns(now) == _columns(then) if name in renamed else now == then
        if not same:
            what = "is there" if then is None else "is not there" if now is None else "is not what it was"
            raise SchemaDriftError(
                f"{name} {what}: an earlier change failed, or somebody else made one",
                hint=_ANEW,
            )


def _columns(table: Table | None) -> list[tuple[str, str, bool]]:
    return [(column.name, column.type, column.nullable) for column in table.columns] if table else []


_DROPS = (c.DropEnum, c.DropDomain, c.DropSequence, c.DropExtension, c.DropNamespace)


def groups(selection: Selection) -> list[tuple[c.SimpleChange, ...]]:
    """The accepted changes, divided into groups that touch no table in common and pass on no name to each other.

    What belongs to no table comes first, for others may need it, or last where it is dropped and may still be used.
    """
    passed_on = _names(selection.accepted, _given_up) & _names(selection.accepted, _taken)
    places: dict[Name | str, int] = {}
    found: list[list[c.SimpleChange]] = []
    first: list[c.SimpleChange] = []
    last: list[c.SimpleChange] = []
    for change in selection.accepted:
        names = touches(change) | ((_given_up(change) | _taken(change)) & passed_on)
        if not names:
            (last if isinstance(change, _DROPS) else first).append(change)
            continue
        known = sorted({places[name] for name in names if name in places})
        home = known[0] if known else len(found)
        if not known:
            found.append([])
        for other in known[1:]:
            found[home] += found[other]
            found[other] = []
        found[home].append(change)
        for name in [*names, *(name for name, place in places.items() if place in known)]:
            places[name] = home
    return [tuple(group) for group in (first, *found, last) if group]


def touches(change: c.SimpleChange) -> set[Name]:
    """The tables that a change has to do with."""
    name = c.table_of(change)
    found = {name} if name is not None else set()
    match change:
        case c.CreateTable() | c.DropTable():
            found |= set(referenced_tables(change.table))
        case c.AddForeignKey() | c.DropForeignKey():
            found.add(change.foreign_key.ref_table)
        case c.ReplaceEnum():
            found |= {table for table, _ in change.used_by}
    return found


def _names(changes: Iterable[c.SimpleChange], of: Callable[[c.SimpleChange], set[str]]) -> set[str]:
    return {name for change in changes for name in of(change)}


def _given_up(change: c.SimpleChange) -> set[str]:
    """The names that are free when a change is made; of what kind and where does not matter."""
    if not isinstance(change, c.Removal | c.RenameIndex | c.RenameConstraint):
        return set()
    match change:
        case c.DropTable():
            return _names_of_table(change.table)
        case c.RenameIndex() | c.RenameConstraint():
            return {change.old.name or ""} - {""}
        case c.DropIndex() | c.DropUnique() | c.DropPrimaryKey() | c.DropForeignKey() | c.DropCheck():
            return _own_name(change)
        case c.DropExclusion() | c.DropEnum() | c.DropDomain() | c.DropSequence():
            return _own_name(change)
        case c.DropColumn() | c.DropNamespace() | c.DropExtension():
            return set()  # no other kind of thing could have its name
        case _:
            assert_never(change)


def _taken(change: c.SimpleChange) -> set[str]:
    """The names that must be free before a change is made."""
    if not isinstance(change, c.Addition | c.RenameIndex | c.RenameConstraint):
        return set()
    match change:
        case c.CreateTable():
            return _names_of_table(change.table)
        case c.CreateIndex() | c.AddUnique() | c.AddPrimaryKey() | c.AddForeignKey() | c.AddCheck():
            return _own_name(change)
        case c.AddExclusion() | c.CreateEnum() | c.CreateDomain() | c.CreateSequence():
            return _own_name(change)
        case c.RenameIndex() | c.RenameConstraint():
            return _own_name(change)
        case c.AddColumn() | c.AddEnumValue() | c.CreateNamespace() | c.CreateExtension():
            return set()
        case _:
            assert_never(change)


def _own_name(change: c.SimpleChange) -> set[str]:
    return {(name_of(change) or "").rpartition(".")[2]} - {""}


def _names_of_table(table: Table) -> set[str]:
    names = [table.primary_key.name] if table.primary_key else []
    names += [item.name for items in (table.indexes, table.exclusions) for item in items]
    names += [item.name for items in (table.foreign_keys, table.checks) for item in items]
    return {table.name.name, *(name for name in names if name)}
