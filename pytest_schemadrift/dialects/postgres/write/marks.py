"""What was given to an object that a plan recreates, as the statements that give it again.

A new object belongs to the role that made it, with the rights of ``ALTER DEFAULT PRIVILEGES`` and none of its comments,
marks and states. Neither more nor less than before is what it should have.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from pytest_schemadrift.dialects.base import RenderContext
from pytest_schemadrift.dialects.postgres.names import do_block, literal, qualified, quote
from pytest_schemadrift.dialects.postgres.read.types import has_storage
from pytest_schemadrift.schema.model import Index, Mark, Name, Table, View

_STATES = {"O": "ENABLE", "D": "DISABLE", "R": "ENABLE REPLICA", "A": "ENABLE ALWAYS"}
STORAGE = ("storage", "compression")
"""What says how the values of a column are kept."""
_FIRST = ("owner", "access method", "tablespace", "unlogged")
"""Aspects that come before all others: rights are granted by the owner."""


def marks_of(on: str, owner: Name, name: str, context: RenderContext) -> list[Mark]:
    """The marks of one object before the plan."""
    return [mark for mark in context.old.marks if (mark.on, mark.owner, mark.name) == (on, owner, name)]


def on_view(view: View, context: RenderContext) -> list[str]:
    """The owner, rights, comments, defaults and settings of a view and its columns."""
    kind = "MATERIALIZED VIEW" if view.materialized else "VIEW"
    marks = [mark for mark in context.old.marks if mark.on == "view" and mark.owner == view.name]
    return [*_of_relation(kind, view.name, marks, context)]


def on_column(table: Name, column: str, context: RenderContext, aspects: Sequence[str] = ()) -> list[str]:
    """The rights and settings of a table's column; only some ``aspects``, where they are given."""
    marks = [mark for mark in marks_of("table", table, column, context) if not aspects or mark.aspect in aspects]
    wanted = context.new.table(table)
    if context.info.column_storage and wanted is not None and wanted.column(column) is not None:
        marks = [mark for mark in marks if mark.aspect not in STORAGE]  # its definition says them
    return [*_of_relation("TABLE", table, marks, context)]


def after_type_change(table: Name, column: str, new_type: str, context: RenderContext) -> list[str]:
    """What ``ALTER COLUMN TYPE`` forgets of a column: it sets storage and compression to the new type's own."""
    if not has_storage(new_type):
        return []
    found, wanted = context.old.table(table), context.new.table(table)
    before, after = found and found.column(column), wanted and wanted.column(column)
    if context.info.column_storage and before and after:
        stays = set(before.options) & set(after.options)  # what changes is a change of its own
        return set_storage(table, column, sorted(stays))
    return on_column(table, column, context, STORAGE)


def set_storage(table: Name, column: str, options: Iterable[tuple[str, str]]) -> list[str]:
    """The statements that give a column what its options say."""
    head = f"ALTER TABLE {qualified(table)} ALTER COLUMN {quote(column)} SET"
    return [f"{head} {name.upper()} {value}" for name, value in options if name in STORAGE]


def on_type(name: Name, context: RenderContext) -> list[str]:
    """The owner and rights of a type; its comment is part of its definition."""
    return [*_of_object(f"TYPE {qualified(name)}", marks_of("type", name, "", context), context)]


def on_sequence(table: Name, column: str, context: RenderContext) -> list[str]:
    """The rights and comment of the sequence that a column counts with, whatever its name."""
    marks = marks_of("sequence", table, column, context)
    sequence = f"pg_catalog.pg_get_serial_sequence({literal(qualified(table))}, {literal(column)})"
    place = "{sequence}"
    found = _of_object(f"SEQUENCE {place}", marks, context)

    def statement(sql: str) -> str:
        head, _, tail = sql.partition(place)
        template = literal(f"{head.replace('%', '%%')}%s{tail.replace('%', '%%')}")
        return do_block(f"EXECUTE pg_catalog.format({template}, {sequence});")

    return [statement(sql) if place in sql else sql for sql in found]


def on_index(
    table: Name, index: str, context: RenderContext, definition: Index | None = None, was: str = ""
) -> list[str]:
    """The marks of an index that is recreated; ``definition`` is given where it may be another than before.

    ``was`` is its name before, where that is another: then its comment is a change of its own.
    """
    found = []
    name, relation = qualified(Name(table.schema, index)), qualified(table)
    before = context.old.table(table)
    same = definition is None or (before is not None and definition in before.indexes)
    for mark in marks_of("index", table, was or index, context):
        match mark.aspect:
            case "cluster":
                if same or _can_cluster(definition):
                    kind = "MATERIALIZED VIEW" if mark.values == ("m",) else "TABLE"
                    found.append(f"ALTER {kind} {relation} CLUSTER ON {quote(index)}")
            case "replica identity":
                if same or _can_identify(definition, context.new.table(table)):
                    found.append(f"ALTER TABLE {relation} REPLICA IDENTITY USING INDEX {quote(index)}")
            case "tablespace":
                found.append(f"ALTER INDEX {name} SET TABLESPACE {quote(mark.values[0])}")
            case "comment" if not was:
                found.append(f"COMMENT ON INDEX {name} IS {literal(mark.values[0])}")
            case "extension":
                found.append(_of_extension(name, mark))
            case "statistics target" if same:
                found.append(_index_target(name, mark))
            case _:
                continue
    return found


def _index_target(name: str, mark: Mark) -> str:
    number, target = mark.values
    return f"ALTER INDEX {name} ALTER COLUMN {number} SET STATISTICS {target}"


def index_targets(table: Name, index: str, context: RenderContext, *, was: str) -> list[str]:
    """What the server forgets when it rebuilds an index by itself: its statistics targets and its extension.

    ``was`` is its name before.
    """
    name = qualified(Name(table.schema, index))
    marks = marks_of("index", table, was, context)
    # Where the plan has taken it off for another change, it gets them when it is made again (``on_index``).
    there = f"IF EXISTS {name}"
    targets = [_index_target(there, mark) for mark in marks if mark.aspect == "statistics target"]
    return [*targets, *(_of_extension(name, mark) for mark in marks if mark.aspect == "extension")]


def _of_extension(index: str, mark: Mark) -> str:
    return f"ALTER INDEX {index} DEPENDS ON EXTENSION {quote(mark.values[0])}"


def _can_cluster(index: Index | None) -> bool:
    return index is not None and index.where is None and index.method in (None, "btree", "gist")


def _can_identify(index: Index | None, table: Table | None) -> bool:
    if index is None or table is None or not index.unique or index.where is not None:
        return False
    columns = [table.column(part.column or "") for part in index.parts]
    return all(column is not None and not column.nullable for column in columns)


def on_constraint(table: Name, name: str, context: RenderContext) -> list[str]:
    """The comment of a constraint."""
    return [
        f"COMMENT ON CONSTRAINT {quote(name)} ON {qualified(table)} IS {literal(mark.values[0])}"
        for mark in marks_of("constraint", table, name, context)
    ]


def on_domain(domain: Name, check: str, context: RenderContext) -> list[str]:
    """The comment of a check of a domain."""
    return [
        f"COMMENT ON CONSTRAINT {quote(check)} ON DOMAIN {qualified(domain)} IS {literal(mark.values[0])}"
        for mark in marks_of("domain", domain, check, context)
    ]


def on_trigger(table: Name, name: str, context: RenderContext) -> list[str]:
    """The state and comment of a trigger."""
    return [*_on_part("TRIGGER", table, name, marks_of("trigger", table, name, context))]


def on_rule(relation: Name, name: str, context: RenderContext) -> list[str]:
    """The state and comment of a rule."""
    return [*_on_part("RULE", relation, name, marks_of("rule", relation, name, context))]


def on_policy(table: Name, name: str, context: RenderContext) -> list[str]:
    """The comment of a policy."""
    return [*_on_part("POLICY", table, name, marks_of("policy", table, name, context))]


def _on_part(kind: str, relation: Name, name: str, marks: Iterable[Mark]) -> Iterator[str]:
    for mark in marks:
        match mark.aspect:
            case "state":
                yield f"ALTER TABLE {qualified(relation)} {_STATES[mark.values[0]]} {kind} {quote(name)}"
            case "state of partition":
                yield f"ALTER TABLE {mark.values[0]} {_STATES[mark.values[1]]} {kind} {quote(name)}"
            case "comment":
                yield f"COMMENT ON {kind} {quote(name)} ON {qualified(relation)} IS {literal(mark.values[0])}"
            case "extension":
                extension = quote(mark.values[0])
                yield f"ALTER {kind} {quote(name)} ON {qualified(relation)} DEPENDS ON EXTENSION {extension}"
            case _:
                continue


def on_statistics(table: Name, name: str, context: RenderContext) -> list[str]:
    """The owner, target and comment of extended statistics, whose ``name`` is SQL."""
    found = []
    for mark in marks_of("statistics", table, name, context):
        match mark.aspect:
            case "owner" if mark.values[0] != context.info.setting("role"):
                found.append(f"ALTER STATISTICS {name} OWNER TO {quote(mark.values[0])}")
            case "statistics target":
                found.append(f"ALTER STATISTICS {name} SET STATISTICS {mark.values[0]}")
            case "comment":
                found.append(f"COMMENT ON STATISTICS {name} IS {literal(mark.values[0])}")
            case _:
                continue
    return found


def statistics_targets(table: Name, name: str, context: RenderContext) -> list[str]:
    """The target that the server forgets when it rebuilds extended statistics by itself, as ``index_targets``."""
    return [
        f"ALTER STATISTICS IF EXISTS {name} SET STATISTICS {mark.values[0]}"
        for mark in marks_of("statistics", table, name, context)
        if mark.aspect == "statistics target"
    ]


# -- relations and their columns --------------------------------------------------------------------------------------


def _of_relation(kind: str, relation: Name, marks: list[Mark], context: RenderContext) -> Iterator[str]:
    yield from _of_object(f"{kind} {qualified(relation)}", [mark for mark in marks if not mark.name], context)
    head = f"ALTER {kind} {qualified(relation)} ALTER COLUMN"
    for mark in marks:
        column = quote(mark.name)
        match mark.aspect if mark.name else "":
            case "statistics target":
                yield f"{head} {column} SET STATISTICS {mark.values[0]}"
            case "storage":
                yield f"{head} {column} SET STORAGE {mark.values[0]}"
            case "compression":
                yield f"{head} {column} SET COMPRESSION {mark.values[0]}"
            case "options":
                yield f"{head} {column} SET ({mark.values[0]})"
            case "default":
                yield f"{head} {column} SET DEFAULT {mark.values[0]}"
            case "comment":
                yield f"COMMENT ON COLUMN {qualified(relation)}.{column} IS {literal(mark.values[0])}"
            case "security label":
                provider, label = mark.values
                place = f"COLUMN {qualified(relation)}.{column}"
                yield f"SECURITY LABEL FOR {quote(provider)} ON {place} IS {literal(label)}"
            case _:
                continue
    for column in dict.fromkeys(mark.name for mark in marks if mark.name and mark.aspect == "right"):
        wanted = [mark for mark in marks if (mark.name, mark.aspect) == (column, "right")]
        yield from _grants(wanted, f"TABLE {qualified(relation)}", context, column=column)


def _of_object(place: str, marks: Iterable[Mark], context: RenderContext) -> Iterator[str]:
    """Statements for an object as a whole; ``place`` is its kind and name in SQL."""
    found = sorted(marks, key=lambda mark: mark.aspect not in _FIRST)
    for mark in found:
        match mark.aspect:
            case "owner" if mark.values[0] != context.info.setting("role"):
                yield f"ALTER {place} OWNER TO {quote(mark.values[0])}"
            case "access method":
                yield f"ALTER {place} SET ACCESS METHOD {quote(mark.values[0])}"
            case "tablespace":
                yield f"ALTER {place} SET TABLESPACE {quote(mark.values[0])}"
            case "unlogged":
                yield f"ALTER {place} SET UNLOGGED"
            case "toast":
                yield f"ALTER {place} SET ({mark.values[0]})"
            case "comment":
                yield f"COMMENT ON {place} IS {literal(mark.values[0])}"
            case "extension":
                yield f"ALTER {place} DEPENDS ON EXTENSION {quote(mark.values[0])}"
            case "security label":
                yield f"SECURITY LABEL FOR {quote(mark.values[0])} ON {place} IS {literal(mark.values[1])}"
            case _:
                continue
    rights = [mark for mark in found if mark.aspect == "right"]
    fresh = [mark for mark in found if mark.aspect == "fresh right"]
    yield from _rights(rights, fresh, re.sub(r"^(MATERIALIZED )?VIEW", "TABLE", place), context)


# -- rights -----------------------------------------------------------------------------------------------------------


def _rights(wanted: list[Mark], fresh: list[Mark], place: str, context: RenderContext) -> Iterator[str]:
    """From the rights that a new object has by itself to those that it had."""
    if not fresh and not wanted:
        return  # nobody ever granted or revoked anything, and no default says otherwise
    kept: list[tuple[str, ...]] = []
    for grantee in dict.fromkeys(_grantee(mark) for mark in fresh):
        before = {mark.values for mark in wanted if _grantee(mark) == grantee}
        now = {mark.values for mark in fresh if _grantee(mark) == grantee}
        if now <= before:
            kept += now
        else:
            yield f"REVOKE ALL ON {place} FROM {_role(grantee)}"
    yield from _grants([mark for mark in wanted if mark.values not in kept], place, context)


def _grants(wanted: Iterable[Mark], place: str, context: RenderContext, column: str = "") -> Iterator[str]:
    groups: dict[tuple[str, str, str], list[str]] = {}
    for mark in wanted:
        grantee, privilege, grantable, grantor = mark.values
        groups.setdefault((grantee, grantable, grantor), []).append(privilege)
    for (grantee, grantable, grantor), privileges in groups.items():
        of = f" ({quote(column)})" if column else ""
        rights = ", ".join(f"{privilege}{of}" for privilege in privileges)
        option = " WITH GRANT OPTION" if grantable else ""
        grant = f"GRANT {rights} ON {place} TO {_role(grantee)}{option}"
        yield from _as_role(grantor, [grant], context) if _is_passed_on(wanted, grantor) else (grant,)


def _is_passed_on(wanted: Iterable[Mark], grantor: str) -> bool:
    """Whether the grantor is somebody who was given the right to grant: the owner does everything else."""
    return any(_grantee(mark) == grantor and mark.values[3] != grantor and mark.values[2] for mark in wanted)


def _as_role(role: str, statements: Iterable[str], context: RenderContext) -> Iterator[str]:
    """Who grants is part of a right, and can only be oneself."""
    yield f"SET ROLE {quote(role)}"
    yield from statements
    yield f"SET ROLE {quote(context.info.setting('role'))}"


def _grantee(mark: Mark) -> str:
    return mark.values[0]


def _role(name: str) -> str:
    return quote(name) if name else "PUBLIC"
