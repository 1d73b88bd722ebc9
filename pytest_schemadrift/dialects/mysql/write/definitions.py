"""Parts of a table as CREATE TABLE, ADD and MODIFY write them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pytest_schemadrift.dialects.mysql.collations import charset_of, spelled
from pytest_schemadrift.dialects.mysql.names import literal, qualified, quote
from pytest_schemadrift.dialects.mysql.read.types import CHARACTER_TYPES, base_type
from pytest_schemadrift.schema.capabilities import ServerInfo
from pytest_schemadrift.schema.model import Check, Column, ForeignKey, Index, IndexPart, PrimaryKey, Table

_QUOTED_OPTIONS = frozenset(
    """compression connection encryption engine_attribute page_compressed password""".split()  # noqa: SIM905
)
_OPTION_OFF = {
    **dict.fromkeys(("row_format", "pack_keys", "transactional", "page_checksum"), "DEFAULT"),
    "encryption": "'N'",
}


def table_collation(table: Table, info: ServerInfo) -> str:
    """The collation that a column of the table gets if it names none."""
    return dict(table.options).get("collation") or info.collation


def create_table(table: Table, info: ServerInfo) -> str:
    """CREATE TABLE with everything but triggers."""
    collation = table_collation(table, info)
    lines = [column_definition(column, collation, info, column_check(table, column.name)) for column in table.columns]
    if table.primary_key is not None:
        lines.append(primary_key_definition(table.primary_key))
    lines += [index_definition(index, info) for index in table.indexes]
    lines += [foreign_key_definition(key) for key in table.foreign_keys]
    lines += [check_definition(check) for check in table.checks if check.column is None]
    body = ",\n  ".join(lines)
    return f"CREATE TABLE {qualified(table.name)} (\n  {body}\n)" + "".join(
        f" {part}" for part in _table_options(table, info)
    )


def _table_options(table: Table, info: ServerInfo) -> Iterator[str]:
    found = dict(table.options)
    if "engine" in found:
        yield f"ENGINE={found.pop('engine')}"
    collation = found.pop("collation", None)
    if collation is not None:
        yield f"DEFAULT CHARACTER SET {charset_of(collation)} COLLATE {spelled(collation, info)}"
    for name, value in found.items():
        yield option(name, value)
    if table.comment:
        yield f"COMMENT={literal(table.comment)}"
    if table.partition_by is not None:
        yield f"PARTITION BY {table.partition_by.sql}"


def option(name: str, value: str) -> str:
    """A table option by the name that the catalog gives it."""
    quoted = name in _QUOTED_OPTIONS or not value.replace("_", "").isalnum()
    return f"{name.upper()}={literal(value) if quoted else value}"


def column_definition(
    column: Column, collation: str, info: ServerInfo, check: Check | None = None, *, more: str = ""
) -> str:
    """A whole column definition; ``collation`` is the default of the table that it is in, ``more`` is SQL."""
    attributes = dict(column.options)
    words = [quote(column.name), column.type]
    if attributes.get("compressed"):
        words.append("COMPRESSED")
    if base_type(column.type) in CHARACTER_TYPES:
        own = column.collation or info.collation
        if own != collation:
            words.append(f"CHARACTER SET {charset_of(own)} COLLATE {spelled(own, info)}")
    if info.dialect == "mariadb" and "srid" in attributes:
        words.append(f"REF_SYSTEM_ID={attributes['srid']}")
    if column.generated is not None:
        kind = "STORED" if column.generated.stored else "VIRTUAL"
        words.append(f"GENERATED ALWAYS AS ({column.generated.expression.sql}) {kind}")
    words += _nullability(column, info)
    if info.dialect == "mysql" and "srid" in attributes:
        words.append(f"SRID {attributes['srid']}")
    if column.default is not None:
        words.append(f"DEFAULT {column.default.sql}")
    if column.on_update is not None:
        words.append(f"ON UPDATE {column.on_update.sql}")
    if column.autoincrement:
        words.append("AUTO_INCREMENT")
    if attributes.get("invisible"):
        words.append("INVISIBLE")
    if column.comment:
        words.append(f"COMMENT {literal(column.comment)}")
    if more:
        words.append(more)
    if check is not None:
        words.append(f"CHECK ({check.expression.sql})")
    return " ".join(words)


def _nullability(column: Column, info: ServerInfo) -> list[str]:
    if not column.nullable:
        return [] if column.generated is not None and info.dialect == "mariadb" else ["NOT NULL"]
    return ["NULL"] if base_type(column.type) == "timestamp" else []


def column_check(table: Table, name: str) -> Check | None:
    """MariaDB's check that is part of the column's definition."""
    return next((check for check in table.checks if check.column == name), None)


def primary_key_definition(key: PrimaryKey) -> str:
    """A primary key as CREATE TABLE and ADD write it."""
    comment = dict(key.options).get("comment")
    return f"PRIMARY KEY {index_parts(key.parts)}" + (f" COMMENT {literal(comment)}" if comment else "")


def index_definition(index: Index, info: ServerInfo) -> str:
    """An index as CREATE TABLE and ADD write it."""
    attributes = dict(index.options)
    kind = {"fulltext": "FULLTEXT ", "spatial": "SPATIAL ", "vector": "VECTOR "}.get(index.method or "", "")
    words = [f"{'UNIQUE ' if index.unique else ''}{kind}KEY"]
    if index.name is not None:
        words.append(quote(index.name))
    words.append(index_parts(index.parts))
    if index.method in ("hash", "btree"):
        words.append(f"USING {index.method.upper()}")
    if "parser" in attributes:
        words.append(f"WITH PARSER {quote(attributes['parser'])}")
    words += [f"{name.upper()}={attributes[name]}" for name in ("m", "distance") if name in attributes]
    if index.comment:
        words.append(f"COMMENT {literal(index.comment)}")
    if "invisible" in attributes:
        words.append("IGNORED" if info.dialect == "mariadb" else "INVISIBLE")
    return " ".join(words)


def index_parts(parts: Iterable[IndexPart]) -> str:
    """The key parts of an index, in parentheses."""
    return "(" + ", ".join(_index_part(part) for part in parts) + ")"


def _index_part(part: IndexPart) -> str:
    if part.expression is not None:
        text = f"({part.expression.sql})"
    else:
        text = quote(part.column or "") + (f"({part.length})" if part.length is not None else "")
    return text + (" DESC" if part.descending else "")


def foreign_key_definition(key: ForeignKey) -> str:
    """A foreign key as CREATE TABLE and ADD write it; NO ACTION is what every server does unasked."""
    name = f"CONSTRAINT {quote(key.name)} " if key.name is not None else ""
    columns, ref_columns = (", ".join(quote(column) for column in names) for names in (key.columns, key.ref_columns))
    text = f"{name}FOREIGN KEY ({columns}) REFERENCES {qualified(key.ref_table)} ({ref_columns})"
    if key.on_delete != "NO ACTION":
        text += f" ON DELETE {key.on_delete}"
    if key.on_update != "NO ACTION":
        text += f" ON UPDATE {key.on_update}"
    return text


def check_definition(check: Check) -> str:
    """A CHECK of a table."""
    name = f"CONSTRAINT {quote(check.name)} " if check.name is not None else ""
    return f"{name}CHECK ({check.expression.sql}){'' if check.enforced else ' NOT ENFORCED'}"


def option_off(name: str) -> str:
    """What takes a table option back to the server's default."""
    if name.startswith("stats_"):
        return f"{name.upper()}=DEFAULT"
    if name in ("compression", "connection"):
        return f"{name.upper()}=''"
    return f"{name.upper()}={_OPTION_OFF.get(name, '0')}"
