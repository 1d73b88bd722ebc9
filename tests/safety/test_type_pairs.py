"""A change of type that alters a value without an error bears the hazard: every pair of types, on every server.

Sample values are converted there and back; one that is another text there, and comes back as another, was
changed (M39).
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations

import pytest

from pytest_schemadrift.dialects import get_dialect
from pytest_schemadrift.errors import SchemaDriftError
from pytest_schemadrift.planning.build import generate_alter_statements
from pytest_schemadrift.schema.build import make_table
from pytest_schemadrift.schema.capabilities import Conversion
from pytest_schemadrift.schema.model import Column, Name, Table
from pytest_schemadrift.sources.database import open_server
from pytest_schemadrift.sources.scratch import LiveServer
from tests.apply.test_command import DIALECTS
from tests.harness import run

_WORDS = (
    *(
        "007",
        "abc",
        "abc ",
        "  x",
        "1.50",
        "1e3",
        "yes",
        "TRUE",
        "2020-01-02 03:04:05.678",
        "2020-1-2",
        "1 day 2 hours",
    ),
    *("A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11", "10.0.0.1/32", '{"b":1, "a":2, "a":3}', "{1, 2}", "101", "", "sad"),
)
_TIMES = {
    "date": ("2020-01-02", "1999-12-31"),
    "time": ("03:04:05", "23:59:59.75"),
    "timestamp": ("2020-01-02 03:04:05", "2020-01-02 03:04:05.678901"),
}
SAMPLES: dict[str, dict[str, tuple[str, ...]]] = {
    "postgres": {
        "smallint": ("0", "1", "-7", "32767"),
        "integer": ("0", "1", "123456789"),
        "bigint": ("5", "9007199254740993"),
        "numeric": ("1.50", "12345678901234567890.123"),
        "numeric(6,2)": ("1.50", "9999.99"),
        "real": ("0.1", "1e20"),
        "double precision": ("0.1", "1.2345678901234567"),
        "boolean": ("true", "false"),
        "text": _WORDS,
        "character varying(60)": _WORDS,
        "character varying(3)": ("abc", "a ", "7"),
        "character(5)": ("abc", "7"),
        "bytea": (r"\x616263", r"\xff"),
        "date": _TIMES["date"],
        "time without time zone": _TIMES["time"],
        "timestamp without time zone": _TIMES["timestamp"],
        "timestamp(0) without time zone": ("2020-01-02 03:04:05",),
        "timestamp with time zone": _TIMES["timestamp"],
        "interval": ("1 day 02:03:04.5", "3 mons"),
        "interval day": ("3 days",),
        "uuid": ("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",),
        "json": ('{"b":1, "a":2, "a":3}', "7"),
        "jsonb": ('{"a":2}', "7"),
        "inet": ("10.0.0.1", "10.0.0.1/8"),
        "cidr": ("10.0.0.0/8",),
        "macaddr": ("08:00:2b:01:02:03",),
        "money": ("1.50",),
        "bit(3)": ("101",),
        "bit varying(5)": ("101", "10101"),
        "bit varying(3)": ("101",),
        "integer[]": ("{1,2}",),
        "text[]": ('{007,"a "}',),
        "int4range": ("[1,5)",),
        "point": ("(1,2)",),
    },
    "mysql": {
        "tinyint": ("0", "7", "-7"),
        "int": ("0", "123456789"),
        "int unsigned": ("4294967295",),
        "bigint": ("9007199254740993",),
        "decimal(6,2)": ("1.50", "9999.99"),
        "decimal(10,0)": ("1234567890",),
        "float": ("0.1", "1.5"),
        "double": ("0.1", "1.2345678901234567"),
        "varchar(60)": _WORDS,
        "varchar(3)": ("abc", "a ", "7"),
        "char(10)": ("abc", "7"),
        "char(36)": ("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",),
        "text": _WORDS,
        "tinytext": _WORDS,
        "longtext": _WORDS,
        "varbinary(60)": ("abc", "abc ", "7"),
        "varbinary(3)": ("abc", "a "),
        "binary(4)": ("abcd",),
        "blob": ("abc", "abc "),
        "date": _TIMES["date"],
        "datetime": ("2020-01-02 03:04:05",),
        "datetime(6)": _TIMES["timestamp"],
        "timestamp": ("2020-01-02 03:04:05",),
        "time": ("03:04:05", "-25:00:00"),
        "year": ("2020",),
        "json": ('{"a": 2}', "7"),
        "enum('sad','abc','7')": ("sad", "7"),
        "set('sad','abc')": ("sad,abc",),
    },
    "sqlite": {
        "INT": ("7", "1"),
        "BIGINT": ("9007199254740993",),
        "SMALLINT": ("5",),
        "REAL": ("0.1", "2.0"),
        "VARCHAR(60)": tuple(f"'{word}'" for word in _WORDS),
        "TEXT": tuple(f"'{word}'" for word in _WORDS),
        "CHAR(36)": ("'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'",),
        "DATE": ("'2020-01-02'",),
        "TIMESTAMP": ("'2020-01-02 03:04:05'",),
        "TIME": ("'03:04:05'",),
        "JSON": ("""'{"a": 2}'""",),
        "BLOB": ("x'616263'",),
        "DECIMAL(6,2)": ("1.5", "7"),
    },
}
SAMPLES["mariadb"] = {
    {"tinyint": "tinyint(4)", "int": "int(11)", "int unsigned": "int(10) unsigned", "bigint": "bigint(20)"}.get(
        name, "year(4)" if name == "year" else name
    ): values
    for name, values in SAMPLES["mysql"].items()
    if name != "json"
} | {"uuid": ("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",), "inet6": ("::1",)}
_TEXT = {
    "postgres": "c::text",
    "mysql": "hex(CAST(c AS binary))",
    "mariadb": "hex(CAST(c AS binary))",
    "sqlite": "typeof(c) || quote(c)",
}


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.tried("a pair of types, with values that change on the way")
def test_what_changes_without_an_error_bears_the_hazard(dialect: str, fresh_database: Callable[[str], str]) -> None:
    async def work() -> None:
        unsaid = []
        async with open_server(fresh_database(dialect)) as server:
            conversion = server.dialect.capabilities(server.info).conversion
            for old, new in permutations(SAMPLES[dialect], 2):
                wrapped = new == f"{old}[]"  # the same value, with braces around it
                if conversion(old, new) is not Conversion.LOSSY and not wrapped:
                    unsaid += [f"{old} -> {new}: {change}" for change in await _changed(server, dialect, old, new)]
        assert not unsaid, "\n".join(unsaid)

    run(work())


async def _changed(server: LiveServer, dialect: str, old: str, new: str) -> list[str]:
    """The sample values that come back as others; one by one only where not all can be converted at once."""
    values = SAMPLES[dialect][old]
    together = await _there_and_back(server, dialect, old, new, values)
    if together is not None:
        return together
    return [change for value in values for change in await _there_and_back(server, dialect, old, new, (value,)) or ()]


async def _there_and_back(
    server: LiveServer, dialect: str, old: str, new: str, values: tuple[str, ...]
) -> list[str] | None:
    """What changed of the values, ``None`` where the server refuses to convert them."""
    execute, name = server.connection.execute, Name("", "t")
    tables = [make_table(name, [Column("id", "integer"), Column("c", kind)]) for kind in (old, new)]
    query = f"SELECT {_TEXT[dialect]} AS c FROM t ORDER BY id"
    await execute("DROP TABLE IF EXISTS t")
    await execute(f"CREATE TABLE t (id integer, c {old})")
    for place, value in enumerate(values):
        literal = value if dialect == "sqlite" else server.dialect.literal(value)
        await execute(f"INSERT INTO t VALUES ({place}, {literal})")
    before = await server.connection.fetch(query)
    if not await _converted(server, *tables):
        return None
    there = await server.connection.fetch(query)
    back = await server.connection.fetch(query) if await _converted(server, *tables[::-1]) else there
    return [
        f"{value!r}: {was[0]} became {now[0]}, and {again[0]} again"
        for value, was, now, again in zip(values, before, there, back, strict=True)
        if was[0] not in (now[0], again[0])
    ]


async def _converted(server: LiveServer, old: Table, new: Table) -> bool:
    """Whether the server took the plan from one type to the other."""
    try:
        for sql in generate_alter_statements(old, new, server.info.dialect):
            await server.connection.execute(sql)
    except SchemaDriftError:
        if server.info.dialect == "sqlite":
            await server.connection.execute("ROLLBACK")
        return False
    return True


UNREADABLE = [
    ("sqlite", "INTEGER", "CHAR(36)"),
    ("sqlite", "VARCHAR(40)", "CHAR(36)"),
    ("sqlite", "INT", "TIMESTAMP"),
    ("sqlite", "TEXT", "BLOB"),
    ("sqlite", "TIMESTAMP", "DATE"),
    ("sqlite", "INT", "JSON"),
    ("mysql", "int", "char(36)"),
    ("mysql", "varchar(36)", "char(36)"),
    ("mariadb", "int(11)", "char(36)"),
    ("mariadb", "char(10)", "char(36)"),
    ("mariadb", "varchar(36)", "uuid"),
    ("postgres", "character varying(36)", "uuid"),
    ("postgres", "integer", "uuid"),
]


@pytest.mark.parametrize(("dialect", "old", "new"), UNREADABLE)
@pytest.mark.tried("a pair of types that Tortoise could not read back")
def test_what_tortoise_could_not_read_back_bears_the_hazard(dialect: str, old: str, new: str) -> None:
    chosen = get_dialect(dialect)
    assert chosen.capabilities(chosen.default_info).conversion(old, new) is Conversion.LOSSY
