"""What a dump asks of the server: a dozen bulk queries, as many as what they answer calls for.

It imports little: a guard at the start of an application mostly needs no more than their digest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pytest_schemadrift.dialects.at_once import Answer, answered, digest_of
from pytest_schemadrift.dialects.mysql.catalog.queries import query
from pytest_schemadrift.dialects.mysql.catalog.rows import ColumnRow, TableRow
from pytest_schemadrift.dialects.mysql.connection import reading, wrap
from pytest_schemadrift.dialects.mysql.names import SPATIAL_TYPES
from pytest_schemadrift.dialects.mysql.rights import Hidden, grants_of_session, hidden
from pytest_schemadrift.dialects.mysql.server_info import read_server_info
from pytest_schemadrift.schema.capabilities import ServerInfo

if TYPE_CHECKING:
    from pytest_schemadrift.dialects.base import Connection

Answers = dict[str, list[tuple[Any, ...]]]


async def ask_at_once(connection: object, meanwhile: Callable[[], object]) -> Answer | None:
    """What the server is, and the digest of all rows that the live schema is made of.

    ``connection`` is anything that ``wrap`` takes. ``information_schema`` has no snapshot and the server no digest of
    what a query answers: the rows come here, in as many queries as ``dump`` has.
    """
    client = wrap(connection)
    info = await answered(read_server_info(client), meanwhile)
    async with reading(client) as session:
        answers, _ = await ask(session, info, info.database, lambda table: True)
    return Answer([info], [["rows", digest_of_answers(info, answers)]])


def told_at_once(answer: Answer) -> tuple[ServerInfo, str]:
    """The facts, and the digest that ``dump_unless_known`` would have."""
    ((_, digest),) = answer.digests
    return answer.facts[0], digest


async def ask(
    session: Connection, info: ServerInfo, database: str, is_wanted: Callable[[str], bool]
) -> tuple[Answers, Hidden]:
    """The rows of each query, and what the account may not see; of tables that are wanted, where that saves a query.

    What it may not see counts as an answer: with other rights, equal columns may be all or some.
    """
    answers: Answers = {}

    async def asked(name: str) -> list[tuple[Any, ...]]:
        answers[name] = await session.fetch(query_text(name, info), database)
        return answers[name]

    tables = [row for row in map(TableRow._make, await asked("tables")) if is_wanted(row.name)]
    unseen = await hidden(session, await grants_of_session(session), database, [row.name for row in tables])
    whole = (["*"] if unseen.tables else []) + (["triggers"] if unseen.triggers else [])
    answers["hidden"] = [(name,) for name in (*unseen.columns, *whole)]
    if not tables:
        return answers, unseen
    columns = [ColumnRow._make(row[1:]) for row in await asked(f"columns_{info.dialect}")]
    for name in further_queries(info.dialect, tables, columns):
        await asked(name)
    return answers, unseen


def digest_of_answers(info: ServerInfo, answers: Mapping[str, Sequence[tuple[Any, ...]]]) -> str:
    """What stands for all rows; they name the database, which is then no other.

    Those of a query that names no order come as the server finds them: MariaDB's, as it finds the files of the tables.
    """
    rows = {name: answer if name in _ORDERED else sorted(answer, key=repr) for name, answer in answers.items()}
    return digest_of({"database": [(info.database,)], **rows})


_ORDERED = frozenset(
    ["columns_mariadb", "columns_mysql", "indexes_mariadb", "indexes_mysql", "foreign_keys", "partitions", "triggers"]
)
"""Queries whose order of rows means something."""


def query_text(name: str, info: ServerInfo) -> str:
    """The text of a catalog query for this server, in which ``%s`` stands for the database."""
    # IGNORED indexes came with MariaDB 10.6
    visible = "IF(ignored = 'YES', 'NO', 'YES')" if info.version >= (10, 6) else "'YES'"
    return query(name).replace("{visible}", visible)


def further_queries(kind: str, tables: Iterable[TableRow], columns: Iterable[ColumnRow]) -> list[str]:
    """The queries that such tables and columns call for, besides those of tables and columns."""
    tables = list(tables)
    checks = ["checks_mariadb"] if kind == "mariadb" else ["check_clauses_mysql", "checks_mysql"]
    found = [f"indexes_{kind}", "foreign_keys", "foreign_key_rules", *checks, "triggers"]
    if kind == "mariadb" and any(row.type in SPATIAL_TYPES for row in columns):
        found.append("srids_mariadb")
    if any("partitioned" in (row.options or "") for row in tables):
        found.append("partitions")
    if any(row.kind == "VIEW" for row in tables):
        found.append("views")
    return found
