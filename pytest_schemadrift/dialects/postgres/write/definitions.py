"""Definitions in SQL: how a table, a column, a key, an index or a type is written."""

from __future__ import annotations

from dataclasses import replace

from pytest_schemadrift.dialects.postgres.names import columns_text, literal, made_up, qualified, quote
from pytest_schemadrift.dialects.postgres.read.indexes import exclusion_halves
from pytest_schemadrift.dialects.postgres.read.repeated import made_once, repeated
from pytest_schemadrift.dialects.postgres.read.types import SERIAL_OF
from pytest_schemadrift.schema.model import (
    Check,
    Column,
    Domain,
    Enum,
    Exclusion,
    ForeignKey,
    Identity,
    Index,
    IndexPart,
    Name,
    Options,
    PrimaryKey,
    Sequence,
    Table,
)


def option(options: Options, name: str) -> str | None:
    """One option's text, ``None`` where it is not there."""
    return next((value for key, value in options if key == name), None)


def _named(name: str | None) -> str:
    return f"CONSTRAINT {quote(name)} " if name else ""


def _not_null_named(table: Name, column: Column) -> str:
    """The name of a NOT NULL constraint, unless the server makes up the same."""
    name = column.not_null_name
    return "" if name == made_up(table.name, column.name, "not_null") else _named(name)


def column_definition(table: Name, column: Column, key: PrimaryKey | None = None) -> str:
    """A column as CREATE TABLE and ADD COLUMN have it; its comment is a statement of its own."""
    serial = column.autoincrement and column.type in SERIAL_OF and not column.sequence_name
    words = [quote(column.name), SERIAL_OF[column.type] if serial else column.type]
    if column.collation:
        words.append(f"COLLATE {column.collation}")
    if column.generated:
        kind = "STORED" if column.generated.stored else "VIRTUAL"
        words.append(f"GENERATED ALWAYS AS ({column.generated.expression.sql}) {kind}")
    if column.identity:
        words.append(identity_definition(column.identity, column.sequence_name))
    if column.default:
        words.append(f"DEFAULT {column.default.sql}")
    elif column.autoincrement and not serial:
        words.append(f"DEFAULT nextval({literal(qualified(_own_sequence(table, column)))}::regclass)")
    if not column.nullable:
        words.append(f"{_not_null_named(table, column)}NOT NULL")
        words += ["NO INHERIT"] * (column.not_inherited and not is_inherited_first(column, key))
    return " ".join(words)


def is_inherited_first(column: Column, key: PrimaryKey | None) -> bool:
    """Whether the server takes NO INHERIT by ALTER CONSTRAINT alone (18.4): in a key, and where it counts the rows."""
    return column.autoincrement or column.identity is not None or (key is not None and column.name in key.columns)


def _own_sequence(table: Name, column: Column) -> Name:
    return Name(table.schema, column.sequence_name or made_up(table.name, column.name, "seq"))


def sequence_of_serial(table: Name, column: Column) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What makes the sequence of a serial column before it, and gives it to the column after: SERIAL takes no name."""
    if not column.autoincrement or not column.sequence_name or column.type not in SERIAL_OF:
        return (), ()
    sequence = _own_sequence(table, column)
    owned = f"ALTER SEQUENCE {qualified(sequence)} OWNED BY {qualified(table)}.{quote(column.name)}"
    return (create_sequence(Sequence(sequence, type=column.type)),), (owned,)


def identity_definition(identity: Identity, sequence_name: str | None = None) -> str:
    """``GENERATED … AS IDENTITY`` with what differs from the server's defaults."""
    settings = [f"SEQUENCE NAME {quote(sequence_name)}"] if sequence_name else []
    settings += sequence_settings(identity)
    return f"GENERATED {'ALWAYS' if identity.always else 'BY DEFAULT'} AS IDENTITY" + (
        f" ({' '.join(settings)})" if settings else ""
    )


def sequence_settings(sequence: Sequence | Identity) -> list[str]:
    """The settings of a sequence that are not the server's defaults."""
    found = [
        ("INCREMENT BY", sequence.increment),
        ("MINVALUE", sequence.minimum),
        ("MAXVALUE", sequence.maximum),
        ("START WITH", sequence.start),
        ("CACHE", sequence.cache),
    ]
    return [f"{word} {value}" for word, value in found if value is not None] + ["CYCLE"] * sequence.cycle


def all_sequence_settings(sequence: Sequence | Identity) -> list[str]:
    """Every setting of a sequence, those that go back to the server's defaults too."""
    descending = (sequence.increment or 1) < 0
    low = f"MINVALUE {sequence.minimum}" if sequence.minimum is not None else "NO MINVALUE"
    high = f"MAXVALUE {sequence.maximum}" if sequence.maximum is not None else "NO MAXVALUE"
    begin, own = (sequence.maximum, -1) if descending else (sequence.minimum, 1)
    first = own if begin is None else begin
    return [
        f"INCREMENT BY {1 if sequence.increment is None else sequence.increment}",
        low,
        high,
        f"START WITH {first if sequence.start is None else sequence.start}",
        f"CACHE {1 if sequence.cache is None else sequence.cache}",
        "CYCLE" if sequence.cycle else "NO CYCLE",
    ]


def _deferrable(options: Options) -> str:
    if option(options, "initially_deferred"):
        return " DEFERRABLE INITIALLY DEFERRED"
    return " DEFERRABLE" if option(options, "deferrable") else ""


def _key(columns: str, options: Options) -> str:
    return f"({columns} WITHOUT OVERLAPS)" if option(options, "without_overlaps") else f"({columns})"


def _with(options: Options) -> str:
    settings = option(options, "with")
    return f" WITH ({settings})" if settings else ""


def primary_key_definition(key: PrimaryKey) -> str:
    """A primary key as a table constraint."""
    include = option(key.options, "include")
    return (
        f"{_named(key.name)}PRIMARY KEY {_key(columns_text(key.columns), key.options)}"
        + (f" INCLUDE ({include})" if include else "")
        + _with(key.options)
        + _deferrable(key.options)
    )


def unique_definition(unique: Index) -> str:
    """A unique constraint as a table constraint."""
    return (
        f"{_named(unique.name)}UNIQUE{' NULLS NOT DISTINCT' if unique.nulls_not_distinct else ''} "
        + _key(columns_text(unique.columns), unique.options)
        + (f" INCLUDE ({columns_text(unique.include)})" if unique.include else "")
        + _with(unique.options)
        + _deferrable(unique.options)
    )


def check_definition(check: Check, *, inline: bool = False) -> str:
    """A CHECK as a table constraint; ``inline`` is within CREATE TABLE, which knows no NOT VALID."""
    words = [f"{_named(check.name)}CHECK ({check.expression.sql})"]
    words += ["NO INHERIT"] * check.no_inherit
    words += ["NOT ENFORCED"] * (not check.enforced)
    words += ["NOT VALID"] * (check.enforced and not check.validated and not inline)
    return " ".join(words)


def foreign_key_definition(key: ForeignKey, *, inline: bool = False) -> str:
    """A foreign key as a table constraint; ``inline`` is within CREATE TABLE, which knows no NOT VALID."""
    period = bool(option(key.options, "period"))
    words = [
        f"{_named(key.name)}FOREIGN KEY ({_columns_with_period(key.columns, period=period)})",
        f"REFERENCES {qualified(key.ref_table)}",
    ]
    if key.ref_columns:
        words.append(f"({_columns_with_period(key.ref_columns, period=period)})")
    if key.match != "SIMPLE":
        words.append(f"MATCH {key.match}")
    if key.on_delete != "NO ACTION":
        words.append(f"ON DELETE {key.on_delete}")
    if key.on_update != "NO ACTION":
        words.append(f"ON UPDATE {key.on_update}")
    if key.initially_deferred:
        words.append("DEFERRABLE INITIALLY DEFERRED")
    elif key.deferrable:
        words.append("DEFERRABLE")
    if option(key.options, "not_enforced"):
        words.append("NOT ENFORCED")
    elif not key.validated and not inline:
        words.append("NOT VALID")
    return " ".join(words)


def _columns_with_period(columns: tuple[str, ...], *, period: bool) -> str:
    if not period:
        return columns_text(columns)
    return ", ".join([*map(quote, columns[:-1]), f"PERIOD {quote(columns[-1])}"])


def exclusion_definition(exclusion: Exclusion) -> str:
    """An exclusion as a table constraint."""
    settings = _with(exclusion.options)
    if not settings:
        return f"{_named(exclusion.name)}{exclusion.definition.sql}"
    head, tail = exclusion_halves(exclusion.definition.sql)
    return f"{_named(exclusion.name)}{head}{settings} {tail}".rstrip()


def using_index_definition(constraint: PrimaryKey | Index, index: str) -> str:
    """A primary key or unique constraint over a unique index that is there, whose name becomes the constraint's."""
    words = "PRIMARY KEY" if isinstance(constraint, PrimaryKey) else "UNIQUE"
    return f"{_named(constraint.name)}{words} USING INDEX {quote(index)}{_deferrable(constraint.options)}"


def create_index(table: Name, index: Index, *, if_not_exists: bool = False, concurrently: bool = False) -> str:
    """CREATE INDEX."""
    words = ["CREATE UNIQUE INDEX" if index.unique else "CREATE INDEX"]
    words += ["CONCURRENTLY"] * concurrently
    words += ["IF NOT EXISTS"] * if_not_exists
    words += [quote(index.name)] if index.name else []
    words.append(f"ON {qualified(table)}")
    words += [f"USING {quote(index.method)}"] if index.method else []
    words.append(f"({', '.join(map(_index_part, index.parts))})")
    words += [f"INCLUDE ({columns_text(index.include)})"] if index.include else []
    words += ["NULLS NOT DISTINCT"] * index.nulls_not_distinct
    settings = option(index.options, "with")
    words += [f"WITH ({settings})"] if settings else []
    words += [f"WHERE {index.where.sql}"] if index.where else []
    return " ".join(words)


def _index_part(part: IndexPart) -> str:
    words = [f"({part.expression.sql})" if part.expression else quote(part.column or "")]
    words += [f"COLLATE {part.collation}"] if part.collation else []
    words += [part.opclass] if part.opclass else []
    words += ["DESC"] * part.descending
    if part.nulls_first is not None:
        words.append("NULLS FIRST" if part.nulls_first else "NULLS LAST")
    return " ".join(words)


def not_null_afterwards(table: Name, column: Column, key: PrimaryKey | None = None) -> list[str]:
    """What a column's NOT NULL constraint says that only an ALTER TABLE can say (PostgreSQL 18)."""
    if column.unvalidated is not None:
        return [f"ADD {not_null_definition(table, column)}"]
    if column.not_inherited and is_inherited_first(column, key):
        return [not_null_inherited(table, column, inherited=False)]
    return []


def add_column(table: Name, column: Column) -> list[str]:
    """The actions of ALTER TABLE that add a column.

    Beside ADD COLUMN, NO INHERIT would leave tables that inherit with a NOT NULL which no constraint is behind (18.4,
    19rc1: ``findings/postgres-no-inherit-leaves-a-not-null.sh``).
    """
    if column.not_inherited and not is_inherited_first(column, None):
        bare = replace(column, nullable=True, unvalidated=None)
        return [f"ADD COLUMN {column_definition(table, bare)}", f"ADD {not_null_definition(table, column)}"]
    return [f"ADD COLUMN {column_definition(table, column)}", *not_null_afterwards(table, column)]


def not_null_definition(table: Name, column: Column) -> str:
    """A NOT NULL constraint as one of the table (PostgreSQL 18)."""
    name = _named(column.unvalidated) if column.unvalidated is not None else _not_null_named(table, column)
    words = f"{name}NOT NULL {quote(column.name)}"
    return words + " NO INHERIT" * column.not_inherited + " NOT VALID" * (column.unvalidated is not None)


def not_null_inherited(table: Name, column: Column, *, inherited: bool) -> str:
    """Whether tables that inherit from this one have a column's NOT NULL, as an action of ALTER TABLE."""
    name = column.not_null_name or made_up(table.name, column.name, "not_null")
    return f"ALTER CONSTRAINT {quote(name)} {'INHERIT' if inherited else 'NO INHERIT'}"


def create_table(table: Table) -> str:
    """CREATE TABLE with everything that can stand within it."""
    kind = "FOREIGN TABLE" if is_foreign(table) else "TABLE"
    words = ["CREATE"] + ["UNLOGGED"] * bool(option(table.options, "unlogged")) + [kind, qualified(table.name)]
    lines = [column_definition(table.name, column, table.primary_key) for column in table.columns]
    lines += table.of_inherited
    lines += [primary_key_definition(table.primary_key)] if table.primary_key else []
    once = made_once(_keys(table))
    lines += [unique_definition(index) for index in once if isinstance(index, Index)]
    lines += [exclusion_definition(item) for item in once if isinstance(item, Exclusion)]
    lines += [check_definition(check) for check in table.checks if check.validated]
    lines += [foreign_key_definition(key) for key in table.foreign_keys if key.validated]
    body = "(\n    " + ",\n    ".join(lines) + "\n)" if lines else "()"
    if table.partition_of:
        parent, bound = table.partition_of
        words.append(f"PARTITION OF {qualified(parent)}")
        words += [body] if lines else []
        words.append(bound)
    else:
        words.append(body)
    words += [f"INHERITS ({', '.join(map(qualified, table.inherits))})"] if table.inherits else []
    words += [f"PARTITION BY {table.partition_by.sql}"] if table.partition_by else []
    return " ".join(words) + _table_tail(table.options)


def is_foreign(table: Table) -> bool:
    """Whether the rows are on another server; a partition can be such a table, too."""
    return option(table.options, "server") is not None


def keys_apart(table: Table) -> list[Index | Exclusion]:
    """The keys like another one of the table, which CREATE TABLE would leave out without a word."""
    return [key for key in repeated(_keys(table)) if not isinstance(key, PrimaryKey)]


def _keys(table: Table) -> list[PrimaryKey | Index | Exclusion]:
    own = [table.primary_key] if table.primary_key else []
    return [*own, *(index for index in table.indexes if index.constraint), *table.exclusions]


def _table_tail(options: Options) -> str:
    method, settings, server = (option(options, name) for name in ("access_method", "with", "server"))
    text = f" USING {quote(method)}" if method else ""
    text += f" WITH ({settings})" if settings else ""
    text += f" SERVER {quote(server)}" if server else ""
    details = option(options, "server_options")
    if details:
        pairs = [item.partition("=") for item in details.split(", ")]
        text += f" OPTIONS ({', '.join(f'{quote(name)} {literal(value)}' for name, _, value in pairs)})"
    return text


def create_enum(enum: Enum) -> str:
    """CREATE TYPE … AS ENUM."""
    return f"CREATE TYPE {qualified(enum.name)} AS ENUM ({', '.join(map(literal, enum.values))})"


def create_domain(domain: Domain, *, begins_with_default: bool = False) -> str:
    """CREATE DOMAIN; one over a domain ``begins_with_default`` of that, which DEFAULT NULL takes off."""
    words = [f"CREATE DOMAIN {qualified(domain.name)} AS {domain.type}"]
    words += [f"COLLATE {domain.collation}"] if domain.collation else []
    words += [f"DEFAULT {domain.default.sql}"] if domain.default else ["DEFAULT NULL"] * begins_with_default
    words += ["NOT NULL"] * (not domain.nullable)
    words += [check_definition(check, inline=True) for check in domain.checks if check.validated]
    return " ".join(words)


def create_sequence(sequence: Sequence) -> str:
    """CREATE SEQUENCE; whose it is, is said once its owner exists."""
    words = [f"CREATE SEQUENCE {qualified(sequence.name)}"]
    words += [f"AS {sequence.type}"] if sequence.type != "bigint" else []
    return " ".join(words + sequence_settings(sequence))
