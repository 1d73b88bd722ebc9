"""What a plan does not name stays: the rows of a database full of triggers, ON UPDATE columns and row security."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pytest_schemadrift.applying.executor import execute
from pytest_schemadrift.planning.build import build_plan
from pytest_schemadrift.planning.describe import subject
from pytest_schemadrift.planning.hazards import Hazard
from pytest_schemadrift.planning.policy import Policy
from pytest_schemadrift.planning.safe_mode import select, unsafe
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.model import Name, Schema
from pytest_schemadrift.sources.database import dump, open_server
from pytest_schemadrift.sources.scratch import LiveServer
from tests.harness import compare_with_script, load, run

NewDatabase = Callable[[str], str]
DIALECTS = [pytest.param(name, marks=getattr(pytest.mark, name)) for name in ("postgres", "mysql", "mariadb", "sqlite")]

OLD = """
CREATE TABLE log (id {serial}, what varchar(40));
CREATE TABLE parent (id integer NOT NULL PRIMARY KEY, code varchar(20) NOT NULL, touched integer NOT NULL, at {moment});
CREATE TABLE child (
  id integer NOT NULL PRIMARY KEY, parent_id integer, filled integer, widened varchar(10), loose integer DEFAULT 1,
  number integer, touched integer NOT NULL, at {moment},
  twice integer GENERATED ALWAYS AS (number * 2) STORED
);
"""
NEW = """
CREATE TABLE log (id {serial}, what varchar(40));
CREATE TABLE parent (
  id integer NOT NULL PRIMARY KEY, code varchar(20) NOT NULL, touched integer NOT NULL, at {moment},
  extra varchar(20) DEFAULT 'new', {each} CONSTRAINT parent_code UNIQUE (code)
);
CREATE TABLE child (
  id integer NOT NULL PRIMARY KEY, parent_id integer, filled integer DEFAULT 7 NOT NULL, widened varchar(40),
  loose integer DEFAULT 2, number bigint, touched integer NOT NULL, at {moment},
  twice integer GENERATED ALWAYS AS (number * 2) STORED,
  added integer DEFAULT 5 NOT NULL,
  CONSTRAINT child_parent FOREIGN KEY (parent_id) REFERENCES parent (id) ON DELETE CASCADE,
  CONSTRAINT child_number CHECK (number > 0)
);
CREATE INDEX child_parent_id ON child (parent_id);
CREATE TABLE fresh (id integer NOT NULL PRIMARY KEY, child_id integer REFERENCES child (id));
"""
ROWS = """
INSERT INTO parent (id, code, touched, at) VALUES
  (1, 'a', 10, '2020-01-01 00:00:00'), (2, 'b', 20, '2020-02-02 00:00:00');
INSERT INTO child (id, parent_id, filled, widened, loose, number, touched, at) VALUES
  (1, 1, 3, 'x', 1, 11, 100, '2020-01-01 00:00:00'), (2, 2, NULL, 'y', NULL, 22, 200, '2020-02-02 00:00:00'),
  (3, NULL, NULL, NULL, 4, 33, 300, '2020-03-03 00:00:00');
"""
WORDS = {
    "postgres": {
        "serial": "serial PRIMARY KEY",
        "moment": "timestamp",
        "each": "own_value uuid DEFAULT gen_random_uuid(),",
    },
    "mysql": {
        "serial": "integer NOT NULL AUTO_INCREMENT PRIMARY KEY",
        "moment": "datetime DEFAULT '2020-01-01 00:00:00' ON UPDATE CURRENT_TIMESTAMP",
        "each": "",
    },
    "sqlite": {"serial": "integer PRIMARY KEY AUTOINCREMENT", "moment": "timestamp", "each": ""},
}
WORDS["mariadb"] = {**WORDS["mysql"], "each": "own_value varchar(36) DEFAULT (uuid()),"}
TIMES = ("BEFORE", "AFTER")


def _triggers(dialect: str) -> str:
    if dialect == "postgres":
        function = (
            "CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS "
            "$$BEGIN INSERT INTO log (what) VALUES (TG_NAME);"
            " IF TG_LEVEL = 'ROW' AND TG_OP <> 'DELETE' THEN NEW.touched := NEW.touched + 1; RETURN NEW; END IF;"
            " RETURN OLD; END$$;"
        )
        made = "".join(
            f"CREATE TRIGGER {table}_{time}_{level} {time} INSERT OR UPDATE OR DELETE ON {table} FOR EACH {level}"
            f" EXECUTE FUNCTION touch();"
            for table in ("parent", "child")
            for time in TIMES
            for level in ("ROW", "STATEMENT")
        )
        always = "ALTER TABLE child ENABLE ALWAYS TRIGGER child_before_row;"
        hidden = "".join(
            f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY; ALTER TABLE {table} FORCE ROW LEVEL SECURITY;"
            f"CREATE POLICY first ON {table} USING (id = 1);"
            for table in ("parent", "child")
        )
        rule = "CREATE RULE also AS ON UPDATE TO child DO ALSO INSERT INTO log (what) VALUES ('rule');"
        return function + made + always + rule + hidden
    body = "BEGIN INSERT INTO log (what) VALUES ('{0}'); UPDATE parent SET touched = touched + 1; END;"
    if dialect != "sqlite":
        body = "INSERT INTO log (what) VALUES ('{0}');"
    return "".join(
        f"CREATE TRIGGER {table}_{time}_{event} {time} {event} ON {table} FOR EACH ROW "
        + body.format(f"{table} {time} {event}")
        for table in ("parent", "child")
        for time in TIMES
        for event in ("INSERT", "UPDATE", "DELETE")
    )


def _named(changes: list[c.SimpleChange]) -> set[tuple[Name | None, str | None]]:
    """The columns whose values a plan may touch: those that it gives a type, or fills."""
    values = (c.AlterColumnType, c.AlterColumnNullability, c.AlterColumnGenerated, c.DropColumn)
    return {subject(change) for change in changes if isinstance(change, values)}


async def _values(
    server: LiveServer, schema: Schema, without: set[tuple[Name | None, str | None]]
) -> dict[str, object]:
    """Every value of every column in the order of the keys, by the column's name."""
    quote = server.dialect.quote
    found: dict[str, object] = {}
    if server.dialect.name == "postgres":
        await server.connection.execute("ALTER TABLE parent NO FORCE ROW LEVEL SECURITY")
        await server.connection.execute("ALTER TABLE child NO FORCE ROW LEVEL SECURITY")
    for table in schema.tables:
        for column in table.columns:
            if (table.name, column.name) not in without:
                sql = f"SELECT {quote(column.name)} FROM {quote(table.name.name)} ORDER BY id"
                found[f"{table.name}.{column.name}"] = await server.connection.fetch(sql)
    if server.dialect.name == "postgres":
        await server.connection.execute("ALTER TABLE parent FORCE ROW LEVEL SECURITY")
        await server.connection.execute("ALTER TABLE child FORCE ROW LEVEL SECURITY")
    return found


def _made_by_hand(schema: Schema) -> list[object]:
    """What stands on the tables and is nobody's to change."""
    return [
        *((table.name, table.triggers) for table in schema.tables if table.name.name != "fresh"),
        schema.unsupported,
    ]


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.tried("several kinds of change in safe mode: the checksum of every column that the plan does not name")
def test_what_the_plan_does_not_name_stays(dialect: str, fresh_database: NewDatabase) -> None:
    async def work() -> None:
        async with open_server(fresh_database(dialect)) as server:
            if dialect != "postgres":
                await law(server)
                return
            role = f"owner_{server.info.database}"  # row security says nothing to a superuser
            await load(server, f"CREATE ROLE {role}; GRANT ALL ON SCHEMA public TO {role}; SET ROLE {role};")
            try:
                await law(server)
            finally:
                await load(server, f"RESET ROLE; DROP OWNED BY {role}; DROP ROLE {role};")

    async def law(server: LiveServer) -> None:
        await load(server, OLD.format(**WORDS[dialect]) + ROWS)
        await load(server, _triggers(dialect))
        found = await compare_with_script(server, NEW.format(**WORDS[dialect]), Policy(), prove=False)
        capabilities = server.dialect.capabilities(server.info)
        allowed = {Hazard.MAY_FAIL_ON_DATA}
        selection = select(found.old, found.new, (), [unsafe(capabilities, allowed)])
        refused = [item.because for item in selection.refused]
        if capabilities.updates_fire_triggers:
            assert refused and all("trigger" in because or "goes together" in because for because in refused), refused
        else:
            assert refused == []
        kinds = {type(change) for change in selection.accepted}
        assert {c.AddColumn, c.AlterColumnType, c.AddForeignKey, c.AddCheck, c.CreateTable} <= kinds
        plan = build_plan(found.old, selection.target, server.dialect, server.info)
        named = _named(list(selection.accepted))
        assert (c.AlterColumnNullability in kinds) is not capabilities.updates_fire_triggers
        before = await _values(server, found.old, named)
        assert "child.touched" in before and "child.at" in before and "log.id" in before
        outcome = await execute(server, plan)
        assert outcome.error is None, outcome.error
        assert await _values(server, found.old, named) == before
        assert _made_by_hand(await dump(server)) == _made_by_hand(found.old)

    run(work())
