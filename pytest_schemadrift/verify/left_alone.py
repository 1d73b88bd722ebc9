"""What is left alone: tables and types that nobody could read, or whose change cannot be made."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

from pytest_schemadrift.dialects.base import Dialect
from pytest_schemadrift.errors import Unsupported
from pytest_schemadrift.planning.build import build_plan, impossible_objects
from pytest_schemadrift.planning.ignoring import Ignore
from pytest_schemadrift.planning.inherited import assert_not_inherited, inherited_columns
from pytest_schemadrift.planning.normalize import spellings
from pytest_schemadrift.planning.plan import Plan
from pytest_schemadrift.planning.policy import Ignored, Policy
from pytest_schemadrift.planning.references import assert_keys_are_kept, assert_keys_are_unique
from pytest_schemadrift.planning.resolve import names_of_indexes, names_of_row_types, of_extensions
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.build import make_schema, make_table
from pytest_schemadrift.schema.capabilities import ServerInfo
from pytest_schemadrift.schema.evolve import evolve
from pytest_schemadrift.schema.model import (
    Domain,
    Enum,
    Name,
    Schema,
    UnsupportedObject,
    names_of_tables,
    referenced_tables,
)

_UNCHANGED = "cannot be changed"
_UNMADE = "cannot be created"
_EXTRA = "it is extra (drop it, or exclude it)"


def is_beside(item: UnsupportedObject, schema: Schema) -> bool:
    """Whether it stands beside its table, which can be compared without it; a sequence of MariaDB beside all tables."""
    of_view = item.kind == "index" and item.table in {view.name for view in schema.views}
    return of_view or item.kind in ("policy", "rule", "statistics", "sequence")


def is_on_both(item: UnsupportedObject, old: Schema, new: Schema) -> bool:
    """Whether both have it with one and the same text: it need not be understood to be equal.

    A part of a table does not count, for the rest of the table may differ, and is then changed under it.
    """
    whole = item.kind == "table" or item.table is None or is_beside(item, new)
    same = (item.kind, item.name, item.sql)
    there = (any(same == (other.kind, other.name, other.sql) for other in side.unsupported) for side in (old, new))
    return whole and bool(item.sql) and all(there)


def plan_what_can_be(
    live: Schema, target: Schema, dialect: Dialect, info: ServerInfo, renames: Sequence[c.Rename]
) -> tuple[Plan, Schema, tuple[UnsupportedObject, ...]]:
    """The plan, and the types and tables whose change cannot be made: they are left alone, and the others compared.

    Raises ``Unsupported`` for what lies with no single one.
    """

    def planned(new: Schema) -> Plan:
        plan = build_plan(live, new, dialect, info, renames=renames)
        assert_not_inherited(live, new, plan.changes)
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
        named = {item.table for item in found}
        found += [*_parts_of(named, start, target, changed), *_needed_by(named, start, target)]
        found += _would_take(named, start, target)
        target = leave_alone(start, target, {item.table for item in found})
        return planned(target), target, tuple(found)


def _parts_of(refused: set[Name | None], start: Schema, target: Schema, changed: set[Name]) -> list[UnsupportedObject]:
    """The partitions and heirs, at any depth, of a table whose change is refused: they stay as they are, or unmade.

    A partition would follow the change; what a table that inherits has of its own may stand on what it would bring.
    """
    found, waiting, seen = list[UnsupportedObject](), list(refused), set(refused)
    every = (*start.tables, *target.tables)
    while waiting:
        whole = waiting.pop()
        parts = {table.name for table in every if (table.partition_of or ("",))[0] == whole}
        heirs = {table.name for table in every if whole in table.inherits}
        more = (parts | heirs) - seen
        waiting += more
        seen |= more
        for name in sorted(more & changed):
            word = "is a partition of" if name in parts else "inherits from"
            reason = f"it {word} {whole}, which cannot be changed"
            found.append(UnsupportedObject("table", str(name), reason, "", name, _UNCHANGED))
    return found


def _needed_by(refused: set[Name | None], start: Schema, target: Schema) -> list[UnsupportedObject]:
    """The tables that go, and that one which stays as it is inherits from, is part of or refers to."""
    kept = {table.name for table in target.tables}
    found, waiting = dict[Name, UnsupportedObject](), [table for table in start.tables if table.name in refused]
    while waiting:
        table = waiting.pop()
        whole = [table.partition_of[0]] if table.partition_of else []
        for name in sorted({*whole, *table.inherits, *referenced_tables(table)} - kept - found.keys() - refused):
            reason = f"{table.name} needs it, which cannot be changed"
            found[name] = UnsupportedObject("table", str(name), reason, "", name, _UNCHANGED)
            waiting += [other for other in start.tables if other.name == name]
    return list(found.values())


def _would_take(refused: set[Name | None], start: Schema, target: Schema) -> list[UnsupportedObject]:
    """The tables that lose a column which a refused one has from them and is to keep: it would go from both."""
    found = []
    for table in target.tables:
        there = start.table(table.name)
        if table.name not in refused or there is None:
            continue
        kept = {column.name for column in table.columns}
        for name, (above, _) in inherited_columns(start, there).items():
            left = target.table(above)
            if name in kept and left is not None and left.column(name) is None:
                reason = f"{table.name} has column {name} from it and is to keep it: drop it from both or from neither"
                found.append(UnsupportedObject("table", str(above), reason, "", above, _UNCHANGED))
    return found


def _impossible(change: c.SchemaObjectChange, reason: Unsupported) -> UnsupportedObject:
    """A type that is not as it should be, and that the server lets nobody change."""
    from pytest_schemadrift.planning.describe import name_of, word_of

    return UnsupportedObject(word_of(change), name_of(change) or "", _why(reason), reason.sql, failing=_UNCHANGED)


def _why(error: Unsupported) -> str:
    return f"{error.what.splitlines()[0]}: {error.hint}" if error.hint else error.what.splitlines()[0]


def there_but_unread(live: Schema, target: Schema, shared: Collection[str] = ()) -> list[UnsupportedObject]:
    """The wanted tables that the database has in a form that is not compared: they cannot be created.

    ``shared`` are the kinds whose names are one in a schema: with ``index``, no table can have the name of one.
    """
    wanted = {table.name for table in target.tables} - {table.name for table in live.tables}
    found = [item for item in live.unsupported if item.kind == "table" and item.table in wanted]

    def unmade(name: Name, what: str, sql: str = "") -> UnsupportedObject:
        return UnsupportedObject("table", str(name), f"the database has {what} of that name", sql, name, _UNMADE)

    found += [unmade(view.name, "a view", view.sql) for view in live.views if view.name in wanted]
    found += [unmade(item.name, "a sequence") for item in live.sequences if item.name in wanted]
    if "index" in shared:
        found += [unmade(name, "an index") for name in sorted(_indexes_in_front(live, target) & wanted)]
    members = of_extensions(live)
    found += [unmade(name, f"something of the extension {members[name]}") for name in sorted(wanted & members.keys())]
    places = {name.schema for name in wanted if name.schema}
    return found + [unmade(name, "a composite type") for name in names_of_row_types(live, places) if name in wanted]


def _indexes_in_front(live: Schema, target: Schema) -> set[Name]:
    """The names of indexes that stay, and of those that go and have hidden a table further on in the search path."""
    there = set(names_of_indexes(live))
    stay = set(names_of_indexes(replace(target, unsupported=live.unsupported)))
    tables = {table.name for table in live.tables}
    return {name for name in there if name in stay or any(name.name == table.name for table in tables)}


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
    names = _names_in(start, wanted, policy) - policy.excluded
    return [item for item in live.unsupported if item.table in names and not is_beside(item, live)]


def extra_and_unread(
    live: Schema, start: Schema, wanted: Schema, policy: Policy, ignore: Ignore | None
) -> tuple[list[UnsupportedObject], tuple[Ignored, ...]]:
    """The tables that nobody wants and nobody could read, and those of them that do not count: nothing is planned."""
    found, ignored = list[UnsupportedObject](), list[Ignored]()
    known = {*_names_in(start, wanted, policy), *(table.name for table in live.tables), *policy.excluded}
    for item in live.unsupported:
        if item.kind != "table" or item.table is None or item.table in known or policy.whole:
            continue
        change = c.DropTable(make_table(item.table, ()))
        counts = policy.unmanaged == "fail" or item.table in policy.yet_to_come
        reason = ignore(change) if ignore is not None and counts else None
        if reason:
            ignored.append(Ignored(change, reason, accepted=True))
        elif counts:
            found.append(replace(item, reason=f"{_EXTRA}; {item.reason}"))
        elif policy.unmanaged == "warn":
            ignored.append(Ignored(change, "unmanaged"))
    return found, tuple(ignored)


def _names_in(start: Schema, wanted: Schema, policy: Policy) -> set[Name]:
    """The wanted tables, as the database spells their names."""
    known = spellings(start, wanted, policy)
    return {known.get(name, name) for name in names_of_tables(wanted)}


def distinct(items: Iterable[UnsupportedObject]) -> tuple[UnsupportedObject, ...]:
    """Each object once, as it was first said."""
    found: dict[object, UnsupportedObject] = {}
    for item in items:
        found.setdefault((item.kind, item.name, item.table), item)
    return tuple(found.values())


def leave_alone(old: Schema, new: Schema, names: set[Name | None]) -> Schema:
    """Tables that could not be read stay as they are, with the types of their columns: nothing is planned for them."""
    tables = [table for table in new.tables if table.name not in names]
    kept = [table for table in old.tables if table.name in names]
    used = " ".join(column.type for table in kept for column in table.columns)
    return make_schema(
        new.dialect,
        tables=[*tables, *kept],
        namespaces=new.namespaces,
        extensions=new.extensions,
        enums=_with_those_in(used, old.enums, new.enums),
        sequences=new.sequences,
        domains=_with_those_in(used, old.domains, new.domains),
        views=new.views,
        unsupported=new.unsupported,
    )


T = TypeVar("T", bound=Enum | Domain)


def _with_those_in(text: str, old: Iterable[T], new: Iterable[T]) -> list[T]:
    """``new`` with the types of ``old`` that are named in a text."""
    kept = list(new)
    there = {item.name for item in kept}
    return kept + [item for item in old if item.name not in there and item.name.name in text]
