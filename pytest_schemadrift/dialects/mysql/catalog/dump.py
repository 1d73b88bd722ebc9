"""The live schema from ``information_schema``: about eight bulk queries, whatever the number of tables.

SHOW CREATE TABLE is asked only for the few tables where it alone knows: those with a FULLTEXT or VECTOR index (the
parser and the vector options are in no catalog table), tables of MySQL with a default of bytes (the catalog ends it at
a zero byte), MariaDB's sequences and system-versioned tables (for their text), tables of MariaDB that may hide a PERIOD
behind a check or a DEFAULT partition behind a 0, and tables of MariaDB whose foreign keys' rules are hidden from a role
that may only SELECT.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from pytest_schemadrift.dialects.base import Connection, IsKnown, Meanwhile, rows_of
from pytest_schemadrift.dialects.mysql.catalog.ask import ask, digest_of_answers
from pytest_schemadrift.dialects.mysql.catalog.indexes import read_indexes
from pytest_schemadrift.dialects.mysql.catalog.rows import (
    ROWS,
    CheckRow,
    ColumnRow,
    ForeignKeyRow,
    IndexRow,
    PartitionRow,
    RuleRow,
    SridRow,
    TableRow,
    TriggerRow,
    ViewRow,
)
from pytest_schemadrift.dialects.mysql.catalog.values import Values
from pytest_schemadrift.dialects.mysql.catalog.views import depends_on, make_trigger, make_view, of_its_own
from pytest_schemadrift.dialects.mysql.catalog.written import as_written
from pytest_schemadrift.dialects.mysql.connection import reading
from pytest_schemadrift.dialects.mysql.engines import keeps_rows_elsewhere, reaches_elsewhere
from pytest_schemadrift.dialects.mysql.names import qualified, quote
from pytest_schemadrift.dialects.mysql.read import partitions
from pytest_schemadrift.dialects.mysql.read.builder import is_generated_primary_key
from pytest_schemadrift.dialects.mysql.read.script import parse
from pytest_schemadrift.dialects.mysql.read.table import canonical_action
from pytest_schemadrift.dialects.mysql.read.types import base_type
from pytest_schemadrift.dialects.mysql.rights import Hidden, unseen_triggers
from pytest_schemadrift.errors import StatementFailed
from pytest_schemadrift.schema.build import in_order, make_schema, make_table
from pytest_schemadrift.schema.capabilities import ServerInfo
from pytest_schemadrift.schema.model import (
    ForeignKey,
    Name,
    Schema,
    Table,
    Trigger,
    UnsupportedObject,
    View,
)
from pytest_schemadrift.shown import mask

Row = TypeVar("Row", bound=tuple[Any, ...])

PERIOD_CHECK = re.compile(r"<\(`(?P<start>[^`]+)`, `(?P<end>[^`]+)`\)")
"""The key of a check that may stand for a PERIOD."""
_COUNTED = re.compile(r"(\n\) ENGINE=\w+) AUTO_INCREMENT=\d+")
"""The next number, which SHOW CREATE TABLE has among the options: a value, and no part of a definition."""
SHOWN_ONLY = ("fulltext", "vector")
"""Kinds of indexes of which only SHOW CREATE TABLE tells all."""


async def dump(connection: Connection, info: ServerInfo, tables: Sequence[Name] | None = None) -> Schema:
    """The schema of the default database, or of the named tables wherever they are; reads only the catalog."""
    wanted = None if tables is None else set(tables)
    databases = sorted({name.schema for name in wanted}) if wanted is not None else [""]
    async with reading(connection) as session:
        parts = []
        for database in databases:
            reader = _Reader(session, info, database, wanted)
            await reader.ask()
            parts.append(await reader.read())
    return _together(parts, info)


async def dump_unless_known(
    connection: Connection, info: ServerInfo, is_known: IsKnown | None, meanwhile: Meanwhile
) -> tuple[str, Schema | None]:
    """A digest of all that the schema is made of, and the schema unless that is known; as ``dump``.

    Where single tables had to be asked for their DDL, there is no digest.
    """
    meanwhile()
    async with reading(connection) as session:
        reader = _Reader(session, info, "", None)
        await reader.ask()
        digest = digest_of_answers(info, reader.answers)
        if is_known is not None and is_known(digest):
            return digest, None
        schema = _together([await reader.read()], info)
    return "" if reader.has_asked_more else digest, schema


def _together(parts: Sequence[_Part], info: ServerInfo) -> Schema:
    return make_schema(
        info.dialect,
        tables=[table for part in parts for table in part.tables],
        views=[view for part in parts for view in part.views],
        unsupported=[item for part in parts for item in part.unsupported],
        unseen=[item for part in parts for item in part.unseen],
    )


def columns_named(clause: str, columns: Iterable[ColumnRow]) -> set[str]:
    """The columns that the text of a check names, as MariaDB prints it."""
    text = re.sub(r"'(?:[^'\\]|\\.|'')*'", "''", clause)
    return {column.name for column in columns if quote(column.name) in text}


def is_default_only_shown(column: ColumnRow) -> bool:
    """Whether the catalog of MySQL may say something else of a default than SHOW CREATE TABLE (seen in 9.7).

    That of bytes ends at a zero byte there, and that of a TIMESTAMP, which is a moment, is in the time zone of whoever
    made the table.
    """
    literal = column.default_text is not None and "DEFAULT_GENERATED" not in (column.extra or "")
    return literal and base_type(column.type) in ("binary", "varbinary", "timestamp")


def may_be_the_rest(row: PartitionRow) -> bool:
    """Whether MariaDB's catalog may show a DEFAULT partition of a LIST as one of the value 0 (seen in 11.8)."""
    return row.method == "LIST" and row.description == "0"


class AsyncmyDumper:
    """Reads the schema of a MySQL or MariaDB connection: ``await AsyncmyDumper(connection).dump()``.

    ``connection`` is an asyncmy connection or a Tortoise client; ``tables`` are names, all tables where left out.
    """

    def __init__(self, connection: object, tables: Iterable[str | Name] | None = None) -> None:
        self._connection = connection
        self._tables = tables

    async def dump(self) -> Schema:
        """The schema as it is now."""
        from pytest_schemadrift.dialects.mysql.connection import wrap
        from pytest_schemadrift.dialects.mysql.server_info import read_server_info

        connection = wrap(self._connection)
        names = None
        if self._tables is not None:
            names = [name if isinstance(name, Name) else Name("", name) for name in self._tables]
        return await dump(connection, await read_server_info(connection), names)


@dataclass(slots=True)
class _Part:
    """What one database gave."""

    tables: list[Table] = field(default_factory=list)
    views: list[View] = field(default_factory=list)
    unsupported: list[UnsupportedObject] = field(default_factory=list)
    unseen: list[UnsupportedObject] = field(default_factory=list)


class _Reader:
    """Reads one database."""

    def __init__(self, connection: Connection, info: ServerInfo, schema: str, wanted: set[Name] | None) -> None:
        self.connection = connection
        self.info = info
        self.schema = schema
        self.database = schema or info.database
        self.wanted = wanted
        self.mariadb = info.dialect == "mariadb"
        self._folds_names = info.setting("lower_case_table_names", "0") != "0"
        self.values = Values(info, schema)
        self.answers: dict[str, list[tuple[Any, ...]]] = {}
        self._columns: Mapping[str, list[ColumnRow]] = {}
        self._hidden = Hidden({})
        self.has_asked_more = False
        """Whether the bulk queries were not enough."""

    def name(self, table: str, schema: str | None = None) -> Name:
        """A table's name as the parser would give it."""
        schema = self.schema if schema is None or schema == self.database else schema
        schema = "" if schema == self.info.database else schema
        return Name(schema.lower(), table.lower()) if self._folds_names else Name(schema, table)

    def is_wanted(self, table: str) -> bool:
        """Whether the caller asked for this table."""
        return self.wanted is None or self.name(table) in self.wanted

    async def ask(self) -> None:
        """Run the bulk queries, as many as what they answer calls for."""
        self.answers, self._hidden = await ask(self.connection, self.info, self.database, self.is_wanted)
        self._columns = self.grouped(f"columns_{self.info.dialect}", ColumnRow)

    def _tables(self) -> list[TableRow]:
        return [row for row in map(TableRow._make, self.answers["tables"]) if self.is_wanted(row.name)]

    def grouped(self, query_name: str, kind: type[Row]) -> dict[str, list[Row]]:
        """The rows of one query by table name, which is their first column; none where it was not asked."""
        groups: dict[str, list[Row]] = defaultdict(list)
        answer = self.answers.get(query_name, [])
        for whole, row in zip(answer, rows_of(ROWS[query_name], [row[1:] for row in answer]), strict=True):
            groups[whole[0]].append(row)
        return groups

    async def read(self) -> _Part:
        """Put the rows together, and ask for the DDL of what they do not tell whole."""
        part = _Part()
        kind = self.info.dialect
        found = self._tables()
        columns: Mapping[str, list[ColumnRow]] = self._columns
        if "srids_mariadb" in self.answers:
            columns = _with_srids(columns, self.grouped("srids_mariadb", SridRow))
        indexes = self.grouped(f"indexes_{kind}", IndexRow)
        keys = self.grouped("foreign_keys", ForeignKeyRow)
        rules = self.grouped("foreign_key_rules", RuleRow)
        checks = self._checks()
        triggers = {
            table: [await self._as_written(trigger) for trigger in rows]
            for table, rows in self.grouped("triggers", TriggerRow).items()
            if self.is_wanted(table)
        }
        partition_rows = self.grouped("partitions", PartitionRow)
        for row in found:
            name = row.name
            if row.kind in ("VIEW", "SYSTEM VIEW"):
                continue
            if row.kind != "BASE TABLE":
                part.unsupported.append(await self._unsupported(name, row.kind))
                continue
            unseen = self._unseen(name, columns)
            if unseen:
                part.unsupported.append(UnsupportedObject("table", str(self.name(name)), unseen, "", self.name(name)))
                continue
            if row.engine is None or keeps_rows_elsewhere(row.engine):
                part.unsupported.append(await self._elsewhere(row))
                continue
            part.unsupported += _hidden_triggers(triggers.get(name, []))
            table = self._table(
                row,
                columns.get(name, []),
                indexes.get(name, []),
                await self._foreign_keys(name, keys.get(name, []), rules.get(name, [])),
                await self._with_columns(name, checks.get(name, []), columns.get(name, [])),
                self._triggers(name, triggers.get(name, [])),
                partition_rows.get(name, []),
            )
            rest = self.mariadb and any(may_be_the_rest(row) for row in partition_rows.get(name, []))
            await self._complete(table, part, defaults=self._only_shown(columns.get(name, [])), partitions=rest)
        self._read_views([row.name for row in found], part)
        if self._hidden.tables:
            reason = f"the role may see single tables only ({self._hidden.tables} would show all)"
            part.unsupported.append(UnsupportedObject("database", self.database, reason, "", Name(self.schema, "")))
        if self._hidden.triggers:
            part.unseen.append(UnsupportedObject("triggers", self.database, unseen_triggers(self._hidden)))
        return part

    def _unseen(self, table: str, columns: Mapping[str, list[ColumnRow]]) -> str | None:
        """Why the columns are not all there, where the account may not see them."""
        if table not in columns:  # every table has one
            return "the role may not see its columns (grant SELECT)"
        if table in self._hidden.columns:
            return f"the role may see single columns only ({self._hidden.columns[table]} would show all)"
        return None

    def _checks(self) -> dict[str, list[CheckRow]]:
        """CHECKs by table: MySQL's catalog keeps name and clause apart, and joins them a thousand times slower."""
        if self.mariadb:
            return self.grouped("checks_mariadb", CheckRow)
        clauses = dict(self.answers.get("check_clauses_mysql", ()))
        found: dict[str, list[CheckRow]] = defaultdict(list)
        for table, name, enforced in self.answers.get("checks_mysql", ()):
            found[table].append(CheckRow(name, clauses[name], enforced, "Table"))
        return found

    async def _with_columns(self, table: str, checks: list[CheckRow], columns: list[ColumnRow]) -> list[CheckRow]:
        """The checks, each of a column under the name that this has now.

        MariaDB's catalog goes on naming it as before ``RENAME COLUMN`` (seen in 11.8). Where its text does not name
        that column, SHOW CREATE TABLE tells whose it is, and that of JSON is folded into the type of the one it names.
        """
        found = []
        for check in checks:
            owners = {check.name}
            if check.level == "Column" and check.name not in (used := columns_named(check.clause, columns)):
                shown = parse(await self._show_create("TABLE", self.name(table)), self.info)
                own = self.values.check(check, columns).expression
                owners = {item.column or "" for each in shown.tables for item in each.checks if item.expression == own}
                owners = owners or used or {check.name}
            found.append(check if check.name in owners else check._replace(name=min(owners)))
        return found

    def _only_shown(self, columns: Iterable[ColumnRow]) -> set[str]:
        """The columns whose default the catalog may not show, or not as it is."""
        return set() if self.mariadb else {column.name for column in columns if is_default_only_shown(column)}

    async def _complete(self, table: Table, part: _Part, *, defaults: Collection[str], partitions: bool) -> None:
        """Add the table to ``part``, with what only SHOW CREATE TABLE knows of it.

        That may be the ``defaults`` of these columns, and its ``partitions``.
        """
        only_shown = defaults or partitions or any(index.method in SHOWN_ONLY for index in table.indexes)
        if not only_shown and not (self.mariadb and _may_hide_a_period(table)):
            part.tables.append(table)
            return
        sql = await self._show_create("TABLE", table.name)
        shown = parse(sql, self.info)
        if not shown.tables:
            reason = shown.unsupported[0].reason if shown.unsupported else "it cannot be read"
            if sql.upper().startswith("CREATE TEMPORARY"):  # of a connection that is lent
                reason = "a temporary table of this session hides it"
            part.unsupported.append(UnsupportedObject("table", str(table.name), reason, sql, table.name))
            return
        told = {index.name: index.options for index in shown.tables[0].indexes}
        indexes = [replace(index, options=told.get(index.name, index.options)) for index in table.indexes]
        whole = {column.name: column.default for column in shown.tables[0].columns if column.name in defaults}
        columns = [replace(column, default=whole.get(column.name, column.default)) for column in table.columns]
        parts = shown.tables[0].partition_by if partitions else table.partition_by
        part.tables.append(replace(table, columns=tuple(columns), indexes=in_order(indexes), partition_by=parts))

    async def _elsewhere(self, row: TableRow) -> UnsupportedObject:
        """A table that the server cannot open, or whose rows are not its own: nothing may count or change them."""
        reason = f"its rows are not in the table (ENGINE={row.engine})"
        if row.engine is None:
            reason = f"the server cannot open it: {row.comment}"
        try:
            sql = mask(await self._show_create("TABLE", self.name(row.name)))  # a CONNECTION may have a password
        except StatementFailed:
            sql = ""
        if row.engine is not None and reaches_elsewhere(row.engine):  # no export makes another one
            sql = "\n".join(f"-- {line}" for line in sql.splitlines())
        return UnsupportedObject("table", str(self.name(row.name)), reason, sql, self.name(row.name))

    async def _unsupported(self, name: str, kind: str) -> UnsupportedObject:
        what = "SEQUENCE" if kind == "SEQUENCE" else "TABLE"
        sql = await self._show_create(what, self.name(name))
        reason = {
            "SEQUENCE": "sequences of MariaDB are not compared",
            "SYSTEM VERSIONED": "system-versioned tables are not compared",
        }.get(kind, f"a {kind.lower()} is not compared")
        label = str(self.name(name))
        return UnsupportedObject("sequence" if what == "SEQUENCE" else "table", label, reason, sql, self.name(name))

    async def _show_create(self, what: str, name: Name) -> str:
        self.has_asked_more = True
        rows = await self.connection.fetch(f"SHOW CREATE {what} {qualified(name)}")
        return _COUNTED.sub(r"\1", str(rows[0][1]))

    def _table(
        self,
        row: TableRow,
        columns: list[ColumnRow],
        indexes: list[IndexRow],
        foreign_keys: list[ForeignKey],
        checks: list[CheckRow],
        triggers: list[Trigger],
        partition_rows: list[PartitionRow],
    ) -> Table:
        table_options = self.values.table_options(row.engine, row.collation, row.options or "")
        of_columns = [check for check in checks if check.level == "Column"]
        column_checks = {check.name.lower(): self.values.check(check, columns) for check in of_columns}
        read = [self.values.column(column, column_checks, columns) for column in columns]
        primary_key, others = read_indexes(indexes, columns, self.values, memory=("engine", "MEMORY") in table_options)
        if read and is_generated_primary_key(read[0]) and primary_key and primary_key.columns == ("my_row_id",):
            read, primary_key = read[1:], None
        table_checks = [self.values.check(check, columns) for check in checks if check.level != "Column"]
        partition_by = partitions.from_catalog(partition_rows) if partition_rows else None
        return make_table(
            self.name(row.name),
            read,
            primary_key=primary_key,
            indexes=others,
            foreign_keys=foreign_keys,
            checks=[*table_checks, *(check for check in column_checks.values() if check is not None)],
            triggers=triggers,
            comment=row.comment or None,
            partition_by=partition_by,
            options=table_options,
        )

    async def _foreign_keys(self, table: str, keys: list[ForeignKeyRow], rules: list[RuleRow]) -> list[ForeignKey]:
        """The table's foreign keys; MariaDB hides their rules from a role that may only SELECT, and shows its DDL."""
        if not keys:
            return []
        actions: dict[str | None, tuple[str, str]] = {rule.name: (rule.on_update, rule.on_delete) for rule in rules}
        grouped: dict[str, list[ForeignKeyRow]] = {}
        for row in keys:
            grouped.setdefault(row.name, []).append(row)
        if grouped.keys() - actions.keys():
            shown = parse(await self._show_create("TABLE", self.name(table)), self.info)
            actions = {key.name: (key.on_update, key.on_delete) for key in shown.tables[0].foreign_keys}
        found = []
        for name, members in grouped.items():
            on_update, on_delete = actions[name]
            found.append(
                ForeignKey(
                    name=name,
                    columns=tuple([member.column_name for member in members]),
                    ref_table=self.name(members[0].ref_table, members[0].ref_schema),
                    ref_columns=tuple([member.ref_column for member in members]),
                    on_delete=canonical_action(on_delete, self.info.dialect),
                    on_update=canonical_action(on_update, self.info.dialect),
                )
            )
        return found

    async def _as_written(self, row: TriggerRow) -> TriggerRow:
        """The trigger with its own text; what the catalog has of it changes when that does, so it needs no digest."""
        if row.body is None:
            return row
        return row._replace(body=await as_written(self.connection, "trigger", self.database, row.name, row.body))

    def _triggers(self, table: str, rows: list[TriggerRow]) -> list[Trigger]:
        return [
            make_trigger(row.name, row.timing, row.event, self.name(table), row.body)
            for row in rows
            if row.body is not None
        ]

    def _read_views(self, tables: list[str], part: _Part) -> None:
        known = {self.name(table) for table in tables}
        for row in map(ViewRow._make, self.answers.get("views", ())):
            if not self.is_wanted(row.name):
                continue
            name = self.name(row.name)
            if not row.definition:
                reason = "the role may not see its definition (grant SHOW VIEW)"
                part.unsupported.append(UnsupportedObject("view", str(name), reason))
                continue
            body = of_its_own(row.definition, self.database)
            if row.check_option != "NONE":
                body += f" WITH {row.check_option} CHECK OPTION"
            view = make_view(name, "", body)
            reads = depends_on(view.sql, known - {name})
            part.views.append(replace(view, depends_on=reads))


def _hidden_triggers(rows: list[TriggerRow]) -> list[UnsupportedObject]:
    """MariaDB lists a trigger without its body for a role that may write the table and has no right on triggers."""
    reason = "the role may not see its definition (grant TRIGGER)"
    return [UnsupportedObject("trigger", row.name, reason) for row in rows if row.body is None]


def _with_srids(columns: Mapping[str, list[ColumnRow]], srids: dict[str, list[SridRow]]) -> dict[str, list[ColumnRow]]:
    """MariaDB keeps the reference systems of its columns in a table of their own."""
    known = {(table, row.name): row.srid for table, rows in srids.items() for row in rows}
    return {table: [row._replace(srid=known.get((table, row.name))) for row in rows] for table, rows in columns.items()}


def _may_hide_a_period(table: Table) -> bool:
    """``PERIOD FOR p (a, b)`` shows in MariaDB's catalog as a check ``a < b`` named ``p``, and nowhere else."""
    for check in table.checks:
        match = PERIOD_CHECK.fullmatch(check.expression.key)
        column = table.column(match["start"]) if match else None
        if column is not None and not column.nullable and column.type.startswith(("date", "timestamp")):
            return True
    return False
