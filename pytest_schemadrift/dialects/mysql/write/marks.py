"""What no comparison looks at and the server forgets where a plan restates a definition: it is written again."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from pytest_schemadrift.dialects.base import RenderContext
from pytest_schemadrift.dialects.mysql.names import SPATIAL_TYPES, qualified, quote
from pytest_schemadrift.dialects.mysql.read.types import base_type
from pytest_schemadrift.dialects.mysql.write.definitions import index_definition, primary_key_definition
from pytest_schemadrift.errors import Unsupported
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.model import Column, Index, Mark, Name, PrimaryKey

_OF_PLAIN = ("STORAGE", "COLUMN_FORMAT")
"""Attributes that a generated column cannot have (error 1221)."""


def of_column(table: Name, column: Column, context: RenderContext) -> str:
    """The attributes that one of its name had, as its definition has them."""
    found = [mark.values[0] for mark in _marks("table", table, column.name, "attribute", context)]
    return " ".join(text for text in found if column.generated is None or not text.upper().startswith(_OF_PLAIN))


def index_again(table: Name, index: Index, context: RenderContext) -> str:
    """An index as ADD writes it, with what one of its name had."""
    found = _marks("index", table, index.name or "", "attribute", context)
    return " ".join([index_definition(index, context.info), *(mark.values[0] for mark in found)])


def key_again(table: Name, key: PrimaryKey, context: RenderContext) -> str:
    """A primary key as ADD writes it, with what the one before had.

    Raises ``Unsupported`` beside the one that MySQL generated: whether its numbers are needed is not ours to say.
    """
    if _marks("index", table, "PRIMARY", "generated", context):
        away = f"ALTER TABLE {qualified(table)} DROP PRIMARY KEY, DROP COLUMN `my_row_id`"
        raise Unsupported(
            f"primary key ({', '.join(key.columns)}): MySQL has generated an invisible one, my_row_id (error 1068)",
            hint=f"if nothing needs its numbers, drop it first: {away}",
        )
    found = _marks("index", table, "PRIMARY", "attribute", context)
    return " ".join([primary_key_definition(key), *(mark.values[0] for mark in found)])


def analyzed(table: Name, columns: Collection[str], indexes: Iterable[str], context: RenderContext) -> list[str]:
    """The statements that count the rows again for the optimizer, where they were counted for these before."""
    if context.info.dialect == "mariadb":
        return _statistics(table, columns, indexes, context)
    found = []
    groups: dict[tuple[str, ...], list[str]] = {}
    for column in columns:
        if _has_histograms(table, column, context):
            for mark in _marks("table", table, column, "histogram", context):
                groups.setdefault(mark.values, []).append(column)
    for (buckets, update), names in groups.items():
        listed = ", ".join(map(quote, names))
        text = f"ANALYZE TABLE {qualified(table)} UPDATE HISTOGRAM ON {listed} WITH {buckets} BUCKETS"
        found.append(f"{text} {update}".rstrip())
    return found


def _has_histograms(table: Name, column: str, context: RenderContext) -> bool:
    wanted = context.new.table(table)
    now = wanted.column(column) if wanted is not None else None
    return now is not None and base_type(now.type) not in {"json", *SPATIAL_TYPES}


def _statistics(table: Name, columns: Collection[str], indexes: Iterable[str], context: RenderContext) -> list[str]:
    """MariaDB's own statistics: of what each column held, and of how many rows share a key of an index."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for column in columns:
        for mark in _marks("table", table, column, "statistics", context):
            groups.setdefault(mark.values, []).append(column)
    marked = [mark for mark in context.old.marks if mark.on == "index" and mark.owner == table]
    known = [mark.name for mark in marked if mark.aspect == "statistics"]
    made = {*indexes}
    counted = [name for name in known if name in made or "PRIMARY" in made]  # every index ends with the key
    if counted and not groups:
        groups["", ""] = []
    found = []
    for (kind, size), names in groups.items():
        text = f"ANALYZE TABLE {qualified(table)} PERSISTENT FOR COLUMNS ({', '.join(map(quote, names))}) "
        text += f"INDEXES ({', '.join('PRIMARY' if name == 'PRIMARY' else quote(name) for name in counted)})"
        counted = []
        settings = [f"histogram_size = {size}"] if size else []
        settings += [f"histogram_type = '{kind}'"] if kind else []
        found.append(f"SET STATEMENT {', '.join(settings)} FOR {text}" if settings else text)
    return found


def written_later(table: Name, context: RenderContext) -> set[str]:
    """The columns of a table whose definition the plan restates."""
    found: set[str] = set()
    for change in (part for whole in context.changes for part in c.simple_changes(whole)):
        if c.table_of(change) != table:
            continue
        if isinstance(change, c.ColumnChange):
            found.add(change.new.name)
        elif isinstance(change, c.AddCheck | c.DropCheck) and change.check.column is not None:
            found.add(change.check.column)
    return found


def _marks(on: str, table: Name, name: str, aspect: str, context: RenderContext) -> list[Mark]:
    return [
        mark for mark in context.old.marks if (mark.on, mark.owner, mark.name, mark.aspect) == (on, table, name, aspect)
    ]
