"""Severities against what an application's own queries do, through Tortoise, on the database as it drifted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from tortoise import Tortoise, connections, fields
from tortoise.backends.base.executor import EXECUTOR_CACHE
from tortoise.models import Model
from tortoise.utils import get_schema_sql

from pytest_schemadrift.commands.renames import accepted_renames
from pytest_schemadrift.guard import GuardPolicy, Severity, schema_guard
from pytest_schemadrift.planning.policy import Policy
from pytest_schemadrift.sources.database import dump, open_server
from tests.harness import ONE_OF, compare_with_script, load, run, wanted_of
from tests.planning.test_severity import CASES


class Mood(StrEnum):
    SAD = "sad"
    HAPPY = "happy"


class Good(Model):
    id = fields.IntField(primary_key=True)
    small = fields.SmallIntField()
    number = fields.IntField()
    big = fields.BigIntField()
    name = fields.CharField(max_length=50)
    words = fields.TextField()
    price = fields.DecimalField(max_digits=12, decimal_places=4)
    ratio = fields.FloatField()
    is_on = fields.BooleanField()
    day = fields.DateField()
    moment = fields.DatetimeField()
    span = fields.TimeDeltaField()
    uid = fields.UUIDField()
    data: Any = fields.JSONField()
    scan = fields.BinaryField()
    mood = fields.CharEnumField(Mood)
    note = fields.CharField(max_length=50, null=True)
    stock = fields.IntField(db_default=5)

    class Meta:
        table = "goods"


ROWS: list[dict[str, Any]] = [
    {
        "small": 2**15 - 1,
        "number": 2**31 - 1,
        "big": 2**63 - 1,
        "name": "007",
        "words": "1e3",
        "price": Decimal("12345678.9012"),
        "ratio": 0.1,
        "is_on": True,
        "day": date(2024, 2, 29),
        "moment": datetime(2024, 2, 29, 23, 59, 59, 123456, UTC),
        "span": timedelta(days=40000, microseconds=7),
        "uid": UUID(int=7),
        "data": {"a": [1, "b", None]},
        "scan": b"\x00\xff'",
        "mood": Mood.HAPPY,
        "note": "n" * 50,
    },
    {
        "small": -(2**15),
        "number": -(2**31),
        "big": -(2**63),
        "name": "\N{SNOWMAN}\N{GRINNING FACE}" * 25,
        "words": "\N{GRINNING FACE} " * 14_000,
        "price": Decimal("-0.0001"),
        "ratio": -1e300,
        "is_on": False,
        "day": date(1000, 1, 1),
        "moment": datetime(2030, 1, 1, tzinfo=UTC),
        "span": timedelta(0),
        "uid": UUID(int=2**128 - 1),
        "data": [],
        "scan": b"",
        "mood": Mood.SAD,
        "note": None,
    },
]
NOT_ASKED_FOR = {"data", "scan", "ratio"}


async def trouble() -> str:
    """What goes wrong in the application, empty for nothing."""
    step = ""
    try:
        for values in [*ROWS, ROWS[0]]:
            step = "create"
            made = await Good.create(**values)
            step = "get"
            read = await Good.get(id=made.id)
            for name, value in values.items():
                if getattr(read, name) != value or not isinstance(getattr(read, name), type(value)):
                    return f"{name} is read as {getattr(read, name)!r}"[:100]
            if read.stock != 5:
                return f"stock is {read.stock!r}"
            step = "filter"
            asked = {name: value for name, value in values.items() if name not in NOT_ASKED_FOR}
            wanted = {
                f"{name}__isnull" if value is None else name: value is None or value for name, value in asked.items()
            }
            if not await Good.filter(id=made.id, **wanted).exists():
                return "it is not found by what was written"
            step = "update"
            await Good.filter(id=made.id).update(**ROWS[1])
    except Exception as error:
        return f"{step}: {type(error).__name__} {error}"[:150]
    return ""


EXTRA = (
    "due INT",
    "due INT NOT NULL",
    "due INT NOT NULL DEFAULT 3",
    "due INT UNIQUE",
    "due INT DEFAULT 3 UNIQUE",
    "due INT CHECK (due > 0)",
    "due INT CHECK (due IS NOT NULL)",
    "due INT DEFAULT 0 CHECK (due > 0)",
    "due INT NOT NULL DEFAULT 3 CHECK (due > 0 AND due BETWEEN -5 AND 9)",
    "due VARCHAR(9) DEFAULT 'new' CHECK (due IN ('new', 'old'))",
    "due VARCHAR(9) DEFAULT 'x' CHECK (due IN ('new', 'old'))",
    "due VARCHAR(9) DEFAULT '10' CHECK (due > '9')",
    "due INT GENERATED ALWAYS AS (number + 0) STORED",
)
REFERRING = (
    "due INT, UNIQUE (due, small)",
    "UNIQUE (small, id)",
    "due INT DEFAULT 1, UNIQUE (due, small)",
    "due INT, FOREIGN KEY (due) REFERENCES others (id)",
    "due INT DEFAULT 7, FOREIGN KEY (due) REFERENCES others (id)",
)
BY_MYSQL = (
    *EXTRA,
    *REFERRING,
    "CHARACTER SET latin1",
    "CHARACTER SET utf8mb3",
    "CHARACTER SET utf16",
    "CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
    "ENGINE=MyISAM",
    "id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY",
    "id INT NOT NULL PRIMARY KEY",
    "number BIGINT NOT NULL",
    "number SMALLINT NOT NULL",
    "small INT UNSIGNED NOT NULL",
    "big DOUBLE NOT NULL",
    "name VARCHAR(99) NOT NULL",
    "name VARCHAR(20) NOT NULL",
    "name VARCHAR(50) CHARACTER SET latin1 NOT NULL",
    "name VARCHAR(50) CHARACTER SET utf8mb3 NOT NULL",
    "name LONGTEXT CHARACTER SET latin1 NOT NULL",
    "name VARCHAR(50) CHARACTER SET utf16 NOT NULL",
    "name VARCHAR(50) COLLATE utf8mb4_bin NOT NULL",
    "words TEXT NOT NULL",
    "price DECIMAL(10,2) NOT NULL",
    "price DECIMAL(20,6) NOT NULL",
    "moment DATETIME NOT NULL",
    "mood ENUM('sad') NOT NULL",
    "note VARCHAR(50) NOT NULL",
    "stock INT NOT NULL",
)
DRIFTS = {
    "sqlite": (
        *EXTRA,
        "id INTEGER PRIMARY KEY",
        "id INT PRIMARY KEY NOT NULL",
        "number TEXT NOT NULL",
        "number BIGINT NOT NULL",
        "number REAL NOT NULL",
        "number BLOB NOT NULL",
        "number DECIMAL(10,2) NOT NULL",
        "name VARCHAR(20) NOT NULL",
        "name CLOB NOT NULL",
        "name INT NOT NULL",
        "words DATE NOT NULL",
        "ratio NUMERIC NOT NULL",
        "ratio TEXT NOT NULL",
        "uid INT NOT NULL",
        "day TEXT NOT NULL",
        "moment REAL NOT NULL",
        "data TEXT NOT NULL",
        "scan TEXT NOT NULL",
        "is_on BOOLEAN NOT NULL",
        "span VARCHAR(20) NOT NULL",
        "note VARCHAR(50) NOT NULL",
        "stock INT NOT NULL",
    ),
    "postgres": (
        *EXTRA,
        *REFERRING,
        "due INT UNIQUE NULLS NOT DISTINCT",
        "due INT, EXCLUDE (due WITH =)",
        "due INT, EXCLUDE (stock WITH =, due WITH =)",
        "due INT DEFAULT 1, EXCLUDE (stock WITH =, due WITH =)",
        "due INT, EXCLUDE (stock WITH =) WHERE (due IS NULL)",
        "due INT, EXCLUDE (coalesce(due, 0) WITH =)",
        "due INT, EXCLUDE ((due IS NULL) WITH =)",
        "due required",
        "due requires_value",
        "due over_required",
        "due positive",
        "due filled NOT NULL",
        "due mood",
        "due mood NOT NULL",
        "due INT GENERATED ALWAYS AS IDENTITY",
        "id int PRIMARY KEY",
        "id bigserial PRIMARY KEY",
        "number bigint NOT NULL",
        "number smallint NOT NULL",
        "number positive NOT NULL",
        "number any_number NOT NULL",
        "big any_number NOT NULL",
        "name any_text NOT NULL",
        "name short_text NOT NULL",
        "note given_text",
        'name any_text COLLATE "C" NOT NULL',
        "name varchar(20) NOT NULL",
        "name text NOT NULL",
        "name mood NOT NULL",
        "words any_text NOT NULL",
        "price numeric(10,2) NOT NULL",
        "moment timestamp NOT NULL",
        "note varchar(50) NOT NULL",
        "stock int NOT NULL",
    ),
    "mysql": BY_MYSQL,
    "mariadb": BY_MYSQL,
}
"""A line of the table in another form, an extra one, or what the table is as a whole."""
BEFORE = {
    "postgres": """
        CREATE DOMAIN required AS integer NOT NULL;
        CREATE DOMAIN over_required AS required;
        CREATE DOMAIN requires_value AS integer CHECK (VALUE IS NOT NULL);
        CREATE DOMAIN positive AS integer CHECK (VALUE > 0);
        CREATE DOMAIN filled AS integer NOT NULL DEFAULT 3;
        CREATE DOMAIN any_number AS integer;
        CREATE DOMAIN any_text AS varchar(50);
        CREATE DOMAIN short_text AS varchar(50) CHECK (length(VALUE) < 9);
        CREATE DOMAIN given_text AS varchar(50) NOT NULL;
        CREATE TYPE mood AS ENUM ('sad', 'happy');
    """,
}


def drifted(ddl: str, drift: str) -> str:
    """Tortoise's own CREATE TABLE with one difference."""
    quote = '"' if '"id"' in ddl else "`"
    name = drift.split(maxsplit=1)[0]
    lines = ddl.splitlines()
    places = [place for place, line in enumerate(lines) if line.startswith(f"    {quote}{name}{quote} ")]
    if name in ("CHARACTER", "ENGINE=MyISAM"):
        return ddl.replace("CHARACTER SET utf8mb4", drift)
    if places:
        comma = "," if places[0] < len(Good._meta.fields_db_projection) else ""
        lines[places[0]] = f"    {drift}{comma}"
    else:
        place = next(place for place, line in enumerate(lines) if line.startswith(")"))
        lines[place - 1] += f",\n    {drift}"
    return "\n".join(lines)


@pytest.mark.tried("drifts that break the application's own queries, and such as do not")
@pytest.mark.parametrize(
    "dialect",
    ["sqlite", *(pytest.param(name, marks=getattr(pytest.mark, name)) for name in ("postgres", "mysql", "mariadb"))],
)
def test_what_is_refused_is_what_breaks_the_queries_of_the_application(
    dialect: str, fresh_database: Callable[[str], str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """One difference after the other in the table of a running application; its queries say which the guard refuses."""
    monkeypatch.chdir(tmp_path)
    EXECUTOR_CACHE.clear()  # which keeps the INSERT of the first dialect that it met
    url = fresh_database(dialect)
    if dialect == "postgres":
        url += f"{'&' if '?' in url else '?'}statement_cache_size=0"  # the table is another one every time

    async def tried() -> dict[str, tuple[str, list[str]]]:
        await Tortoise.init(db_url=url, modules={"models": [__name__]})
        try:
            client = connections.get("default")
            await client.execute_script(f"{BEFORE.get(dialect, '')} CREATE TABLE others (id INT PRIMARY KEY)")
            ddl = get_schema_sql(client, safe=False)
            found = {}
            for drift in ("", *DRIFTS[dialect]):
                await client.execute_script("DROP TABLE IF EXISTS goods")
                await client.execute_script(drifted(ddl, drift) if drift else ddl)
                report = await schema_guard(policy=GuardPolicy(refuse=None, timeout=120))
                assert not report.unknown
                found[drift] = (await trouble(), sorted(report.counts))
            return found
        finally:
            await Tortoise.close_connections()

    found = run(tried())
    assert found.pop("") == ("", [])
    refused = {drift for drift, (_, severities) in found.items() if Severity.BREAKS_QUERIES in severities}
    assert refused == {drift for drift, (broken, _) in found.items() if broken}, found


@pytest.mark.skipif(ONE_OF > 1, reason="with make test ALL=1")
@pytest.mark.parametrize("case", CASES, ids=[case["words"] for case in CASES])
def test_a_row_of_the_table_on_its_server(case: dict[str, str], fresh_database: Callable[[str], str]) -> None:
    """As ``tests/planning`` has it of two texts: from what the server says of itself, the answer is the same."""

    async def broken() -> set[str]:
        async with open_server(fresh_database(case.get("dialect", "postgres"))) as server:
            await load(server, case["old"])
            sides = await dump(server), wanted_of(case["new"], server).schema
            renames = accepted_renames([case["rename"]] if "rename" in case else [], *sides)
            policy = Policy(whole=True, names="strict", column_order=True)
            found = await compare_with_script(server, case["new"], policy, prove=False, renames=renames)
            return {str(severity) for step in found.plan.steps for _, severity in step.parts}

    assert run(broken()) == {case["severity"]}
