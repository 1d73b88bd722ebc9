"""What is left alone: tables and types that nobody could read, or whose change cannot be made."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pytest_schemadrift.dialects.base import Dialect
from pytest_schemadrift.errors import Unsupported
from pytest_schemadrift.planning.build import build_plan, impossible_objects
from pytest_schemadrift.planning.normalize import spellings
from pytest_schemadrift.planning.plan import Plan
from pytest_schemadrift.planning.policy import Policy
from pytest_schemadrift.planning.references import assert_keys_are_kept, assert_keys_are_unique
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.capabilities import ServerInfo
from pytest_schemadrift.schema.evolve import evolve
from pytest_schemadrift.schema.model import Name, Schema, UnsupportedObject, make_schema

_UNCHANGED = "cannot be changed"
_UNMADE = "cannot be created"


def is_beside(item: UnsupportedObject, schema: Schema) -> bool:
    """Whether it stands beside its table, which can be compared without it."""
    of_view = item.kind == "index" and item.table in {view.name for view in schema.views}
    return of_view or item.kind in ("policy", "rule", "statistics")


def plan_what_can_be(
    live: Schema, target: Schema, dialect: Dialect, info: ServerInfo, renames: Sequence[c.Rename]
) -> tuple[Plan, Schema, tuple[UnsupportedObject, ...]]:
    """The plan, and the types and tables whose change cannot be made: they are left alone, and the others compared.

    Raises ``Unsupported`` for what lies with no single one.
    """

    def planned(new: Schema) -> Plan:
        plan = build_plan(live, new, dialect, info, renames=renames)
        assert_keys_are_unique(plan.changes, new, dialect.capabilities(info))
        assert_keys_are_kept(evolve(live, renames), new, dialect.capabilities(info))
        return plan

    try:
        return planned(target), target, ()
    except Unsupported as error:
        from pytest_schemadrift.planning.diff import diff

        start = evolve(live, renames)
        types = impossible_objects(live, target, dialect, info, renames=renames)
        if types:
            refused = [change for change, _ in types]
            target = evolve(start, [change for change in diff(start, target) if change not in refused])
            plan, target, more = plan_what_can_be(live, target, dialect, info, renames)
            return plan, target, (*(_impossible(change, reason) for change, reason in types), *more)
        changed = {table for change in diff(start, target) if (table := c.table_of(change)) is not None}
        found = []
        for name in sorted(changed):
            alone = leave_alone(start, target, {other for other in changed if other != name})
            try:
                planned(alone)
            except Unsupported as reason:
                found.append(UnsupportedObject("table", str(name), _why(reason), reason.sql, name, _UNCHANGED))
        if not found:
            raise error from None
        found += _parts_of({item.table for item in found}, start, changed)
        target = leave_alone(start, target, {item.table for item in found})
        return planned(target), target, tuple(found)


def _parts_of(refused: set[Name | None], start: Schema, changed: set[Name]) -> list[UnsupportedObject]:
    """The partitions, at any depth, whose change would follow one that is refused: they stay attached as they are."""
    found, waiting = list[UnsupportedObject](), list(refused)
    while waiting:
        whole = waiting.pop()
        for table in start.tables:
            if table.partition_of and table.partition_of[0] == whole:
                waiting.append(table.name)
                if table.name in changed - refused:
                    reason = f"it is a partition of {whole}, which cannot be changed"
                    found.append(UnsupportedObject("table", str(table.name), reason, "", table.name, _UNCHANGED))
    return found


def _impossible(change: c.SchemaObjectChange, reason: Unsupported) -> UnsupportedObject:
    """A type that is not as it should be, and that the server lets nobody change."""
    from pytest_schemadrift.planning.describe import name_of, word_of

    return UnsupportedObject(word_of(change), name_of(change) or "", _why(reason), reason.sql, failing=_UNCHANGED)


def _why(error: Unsupported) -> str:
    return f"{error.what.splitlines()[0]}: {error.hint}" if error.hint else error.what.splitlines()[0]


def there_but_unread(live: Schema, target: Schema) -> list[UnsupportedObject]:
    """The wanted tables that the database has in a form that is not compared: they cannot be created."""
    wanted = {table.name for table in target.tables} - {table.name for table in live.tables}
    found = [item for item in live.unsupported if item.kind == "table" and item.table in wanted]
    found += [
        UnsupportedObject("table", str(view.name), "the database has a view of that name", view.sql, view.name, _UNMADE)
        for view in live.views
        if view.name in wanted
    ]
    return found + [
        UnsupportedObject("table", str(item.name), "the database has a sequence of that name", "", item.name, _UNMADE)
        for item in live.sequences
        if item.name in wanted
    ]


def perhaps_hidden(
    live: Schema, start: Schema, wanted: Schema, target: Schema, policy: Policy
) -> list[UnsupportedObject]:
    """The tables that one side has, and the other perhaps has where its role may not see them.

    Where no table may be extra, a database of which the role may not see all cannot be called in sync.
    """
    here, there = {table.name for table in start.tables}, {table.name for table in target.tables}
    found = {
        name: item.reason
        for side, missing in ((live, there - here), (wanted, here - there))
        for item in side.unsupported
        for name in missing
        if item.kind == "database" and item.table and item.table.schema == name.schema
    }
    whole = [item for item in live.unsupported if item.kind == "database" and policy.unmanaged == "fail"]
    return whole + [
        UnsupportedObject("table", str(name), f"it is missing or hidden: of its database {reason}", "", name)
        for name, reason in sorted(found.items())
    ]


def unread_of(live: Schema, start: Schema, wanted: Schema, policy: Policy) -> list[UnsupportedObject]:
    """What the database has and nobody could read of the wanted tables; what stands beside a table is not compared."""
    known = spellings(start, wanted, policy)
    names = {known.get(table.name, table.name) for table in wanted.tables}
    return [item for item in live.unsupported if item.table in names and not is_beside(item, live)]


def distinct(items: Iterable[UnsupportedObject]) -> tuple[UnsupportedObject, ...]:
    """Each object once, as it was first said."""
    found: dict[object, UnsupportedObject] = {}
    for item in items:
        found.setdefault((item.kind, item.name, item.table), item)
    return tuple(found.values())


def leave_alone(old: Schema, new: Schema, names: set[Name | None]) -> Schema:
    """Tables that could not be read stay as they are: nothing is planned for them."""
    tables = [table for table in new.tables if table.name not in names]
    return make_schema(
        new.dialect,
        tables=[*tables, *(table for table in old.tables if table.name in names)],
        namespaces=new.namespaces,
        extensions=new.extensions,
        enums=new.enums,
        sequences=new.sequences,
        domains=new.domains,
        views=new.views,
        unsupported=new.unsupported,
    )
