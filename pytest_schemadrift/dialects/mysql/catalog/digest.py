"""Databases of one server that are alike, recognised by what the catalog says of them; none of them is built.

They are read by the queries of ``dump``, several databases by one UNION of them. Each part looks its database up by the
name; for ``IN (…)`` MariaDB would go through the folders of all databases of the server (seen in 11.8).

Equal digests mean that ``dump`` would give equal schemas, and that the server says the same of both databases. The
other way round nothing is promised: a database with sequences, system-versioned tables or a PERIOD, or of which the
account perhaps does not see all, has no digest.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import AsyncGenerator, Sequence
from functools import lru_cache
from hashlib import sha256
from typing import Any

from pytest_schemadrift.dialects.base import Connection
from pytest_schemadrift.dialects.mysql.catalog.ask import further_queries, query_text
from pytest_schemadrift.dialects.mysql.catalog.dump import (
    PERIOD_CHECK,
    SHOWN_ONLY,
    is_default_only_shown,
    may_be_the_rest,
)
from pytest_schemadrift.dialects.mysql.catalog.queries import query
from pytest_schemadrift.dialects.mysql.catalog.rows import (
    CheckRow,
    ColumnRow,
    ForeignKeyRow,
    IndexRow,
    PartitionRow,
    RuleRow,
    TableRow,
    ViewRow,
)
from pytest_schemadrift.dialects.mysql.catalog.views import of_its_own
from pytest_schemadrift.dialects.mysql.connection import reading
from pytest_schemadrift.dialects.mysql.names import literal, quote
from pytest_schemadrift.dialects.mysql.read.expressions import make_expression
from pytest_schemadrift.dialects.mysql.read.script import parse
from pytest_schemadrift.dialects.mysql.rights import grants_of_session, hidden
from pytest_schemadrift.schema.capabilities import ServerInfo

BATCH = 10
"""Databases that are read at a time: MariaDB keeps the definitions of 400 tables (``table_definition_cache``), so that
those of some tables each are still there for the next query."""


async def digests(
    connection: Connection, info: ServerInfo, databases: Sequence[str]
) -> AsyncGenerator[dict[str, str | None], None]:
    """As ``base.Digests``: those of databases of the server."""
    async with reading(connection) as session:
        grants = await grants_of_session(session)
        for start in range(0, len(databases), BATCH):
            some = databases[start : start + BATCH]
            facts = await session.fetch(of_databases(query("databases"), some))
            known = {name: row for home, name, *row in facts if name == home}
            batch = _Batch(session, info, grants, [name for name in some if name in known])
            await batch.read()
            yield {name: batch.digest(name, known[name]) if name in batch.told else None for name in some}


class _Batch:
    """The rows of some databases, each put to its database in words that are the same for equal ones."""

    def __init__(self, session: Connection, info: ServerInfo, grants: Sequence[str], databases: Sequence[str]) -> None:
        self.session = session
        self.info = info
        self.grants = grants
        self.told = list(databases)
        """Those that have a digest."""
        self.parts: dict[str, list[str]] = defaultdict(list)
        self.tables: dict[str, list[TableRow]] = defaultdict(list)
        self.columns: dict[str, list[ColumnRow]] = defaultdict(list)
        self.to_show: dict[str, set[str]] = defaultdict(set)
        """The tables of which only SHOW CREATE TABLE tells all."""
        self.without: set[str] = set()
        self.keys: dict[str, set[tuple[str, str]]] = defaultdict(set)
        self.rules: dict[str, set[tuple[str, str]]] = defaultdict(set)

    async def read(self) -> None:
        """Ask for all rows, as ``dump`` would of each."""
        if not self.told:
            return
        kind = self.info.dialect
        await self._ask("tables")
        await self._ask(f"columns_{kind}")
        tables = [row for rows in self.tables.values() for row in rows]
        columns = [row for rows in self.columns.values() for row in rows]
        for name in further_queries(kind, tables, columns):
            await self._ask(name)
        for database in self.told:
            names = [row.name for row in self.tables[database]]
            unseen = await hidden(self.session, self.grants, database, names)
            if self.keys[database] - self.rules[database] or unseen.columns or unseen.tables:
                self.without.add(database)
            self.parts[database].append(repr(("unseen triggers", bool(unseen.triggers))))
        for database in [database for database in self.told if database not in self.without]:
            await self._show(database)
        self.told = [database for database in self.told if database not in self.without]

    async def _show(self, database: str) -> None:
        for table in sorted(self.to_show[database]):
            [(_, sql, *_)] = await self.session.fetch(f"SHOW CREATE TABLE {quote(database)}.{quote(table)}")
            shown = _only_shown(_COUNTER.sub("", str(sql)), self.info)
            if shown is None:
                self.without.add(database)
            self.parts[database].append(repr(("shown", table, shown)))

    def digest(self, database: str, facts: Sequence[object]) -> str:
        """All that was put to a database, in an order of its own, and what the server says of it."""
        return sha256("\n".join([repr(facts), *sorted(self.parts[database])]).encode()).hexdigest()

    async def _ask(self, name: str) -> None:
        text = query_text(name, self.info)
        places = len(order_of(text))
        for home, *row in await self.session.fetch(of_databases(text, self.told)):
            order, values = row[:places], row[places:]
            self.parts[home].append(repr((name, order, self._known(name, home, values))))

    def _known(self, name: str, home: str, values: list[Any]) -> Sequence[object]:
        """A row as ``dump`` reads it; what it has to ask more for is noted."""
        match name:
            case "tables":
                table = TableRow._make(values)
                self.tables[home].append(table)
                if table.kind not in _PLAIN:
                    self.without.add(home)
            case "columns_mariadb" | "columns_mysql":
                column = ColumnRow._make(values[1:])
                self.columns[home].append(column)
                if name == "columns_mariadb" and column.default_text:
                    own = column._replace(default_text=of_its_own(column.default_text, home))
                    return (values[0], *own)
                if name == "columns_mysql" and is_default_only_shown(column):
                    self.to_show[home].add(values[0])
            case "indexes_mariadb" | "indexes_mysql":
                if IndexRow._make(values[1:]).type.lower() in SHOWN_ONLY:
                    self.to_show[home].add(values[0])
            case "checks_mariadb":
                if _is_perhaps_a_period(CheckRow._make(values[1:]).clause):
                    self.to_show[home].add(values[0])
            case "partitions":
                if self.info.dialect == "mariadb" and may_be_the_rest(PartitionRow._make(values[1:])):
                    self.to_show[home].add(values[0])
            case "foreign_keys":
                key = ForeignKeyRow._make(values[1:])
                self.keys[home].add((values[0], key.name))
                if key.ref_schema == home:
                    return (values[0], *key._replace(ref_schema=""))
            case "foreign_key_rules":
                self.rules[home].add((values[0], RuleRow._make(values[1:]).name))
            case "views":
                view = ViewRow._make(values)
                return view._replace(definition=of_its_own(view.definition or "", home))
        return values


_COUNTER = re.compile(r"\bAUTO_INCREMENT=\d+")
"""Which number comes next is no part of a schema."""


@lru_cache(maxsize=1024)
def _only_shown(sql: str, info: ServerInfo) -> tuple[object, ...] | None:
    """What ``dump`` takes from a table's DDL; ``None`` for a table that it cannot read."""
    shown = parse(sql, info)
    if not shown.tables:
        return None
    [table] = shown.tables
    defaults = ((column.name, column.default) for column in table.columns if column.default is not None)
    return (table.partition_by, *((index.name, index.options) for index in table.indexes), *defaults)


_PLAIN = ("BASE TABLE", "VIEW")


@lru_cache(maxsize=1024)
def _is_perhaps_a_period(clause: str) -> bool:
    return PERIOD_CHECK.fullmatch(make_expression(clause).key) is not None


def order_of(text: str) -> list[str]:
    """The columns by which a catalog query orders its rows."""
    _, _, order = text.partition("ORDER BY ")
    return [name.strip() for name in order.split(",")] if order else []


def of_databases(text: str, databases: Sequence[str]) -> str:
    """A catalog query for several databases: its rows have the database and the columns of its order before them.

    A UNION has no order of its own, and needs none: the columns of the order say what it would be.
    """
    order = order_of(text)
    text = text.partition("ORDER BY ")[0]
    parts = []
    for database in databases:
        first = ", ".join([f"{literal(database)} AS home", *(f"{name} AS by_{name}" for name in order)])
        of_one = text.replace("%s", literal(database))  # first, for a name may hold %s itself
        parts.append(f"({of_one.replace('SELECT ', f'SELECT {first}, ', 1)}\n)")
    return "\nUNION ALL\n".join(parts)
