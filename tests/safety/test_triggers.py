"""What a plan does to rows sets nothing else off: every column that it does not name has the values that it had."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from pytest_schemadrift.applying.executor import execute
from pytest_schemadrift.planning.build import build_plan
from pytest_schemadrift.planning.hazards import Hazard
from pytest_schemadrift.planning.safe_mode import select, unsafe
from pytest_schemadrift.sources.database import open_server
from pytest_schemadrift.sources.scratch import LiveServer
from tests.apply.conftest import MODELS, Shop
from tests.harness import compare_with_script, load, run

POSTGRES = """
CREATE TABLE log (what text);
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS
$$BEGIN
  INSERT INTO log VALUES (TG_NAME);
  IF TG_LEVEL = 'ROW' THEN NEW.touched := NEW.touched + 1; END IF;
  RETURN NEW;
END$$;
CREATE TABLE other (id integer PRIMARY KEY);
INSERT INTO other VALUES (7);
CREATE TABLE plain (id integer PRIMARY KEY, touched integer NOT NULL DEFAULT 0, c integer,
  CONSTRAINT later FOREIGN KEY (c) REFERENCES other (id) DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE parts (id integer, touched integer NOT NULL DEFAULT 0, c integer) PARTITION BY RANGE (id);
CREATE TABLE part_a PARTITION OF parts FOR VALUES FROM (0) TO (10);
CREATE TABLE part_b PARTITION OF parts FOR VALUES FROM (10) TO (20);
CREATE TABLE parent (id integer, touched integer NOT NULL DEFAULT 0, c integer);
CREATE TABLE child () INHERITS (parent);
"""
TRIGGERS = """
CREATE TRIGGER {0}_before BEFORE UPDATE ON {0} FOR EACH ROW EXECUTE FUNCTION touch();
CREATE TRIGGER {0}_of BEFORE UPDATE OF c ON {0} FOR EACH ROW WHEN (NEW.c IS NOT NULL) EXECUTE FUNCTION touch();
CREATE TRIGGER {0}_after AFTER UPDATE ON {0} FOR EACH ROW EXECUTE FUNCTION touch();
CREATE TRIGGER {0}_statement AFTER UPDATE ON {0} FOR EACH STATEMENT EXECUTE FUNCTION touch();
CREATE TRIGGER {0}_always BEFORE UPDATE ON {0} FOR EACH ROW EXECUTE FUNCTION touch();
ALTER TABLE {0} ENABLE ALWAYS TRIGGER {0}_always;
CREATE TRIGGER {0}_replica BEFORE UPDATE ON {0} FOR EACH ROW EXECUTE FUNCTION touch();
ALTER TABLE {0} ENABLE REPLICA TRIGGER {0}_replica;
CREATE TRIGGER {0}_off BEFORE UPDATE ON {0} FOR EACH ROW EXECUTE FUNCTION touch();
ALTER TABLE {0} DISABLE TRIGGER {0}_off;
"""
ODD_STATES = """
ALTER TABLE part_a DISABLE TRIGGER parts_before;
ALTER TABLE part_b ENABLE ALWAYS TRIGGER parts_after;
CREATE CONSTRAINT TRIGGER plain_constraint AFTER UPDATE ON plain DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION touch();
CREATE RULE plain_rule AS ON UPDATE TO plain DO ALSO INSERT INTO log VALUES ('rule');
CREATE RULE plain_instead AS ON UPDATE TO plain WHERE OLD.id = 2 DO INSTEAD NOTHING;
ALTER TABLE plain ENABLE ALWAYS RULE plain_rule;
INSERT INTO plain (id, touched, c) VALUES (1, 0, 7), (2, 5, NULL), (3, 6, NULL);
INSERT INTO parts (id, touched, c) VALUES (1, 0, 7), (2, 5, NULL), (12, 6, NULL);
INSERT INTO parent (id, touched, c) VALUES (1, 0, 7), (2, 5, NULL);
INSERT INTO child (id, touched, c) VALUES (3, 6, NULL);
"""
STATES = """
SELECT 'trigger' AS kind, tgrelid::regclass::text AS owner, tgname::text AS name, tgenabled::text AS state
  FROM pg_trigger WHERE NOT tgisinternal
UNION ALL SELECT 'rule', ev_class::regclass::text, rulename::text, ev_enabled::text FROM pg_rewrite
UNION ALL SELECT 'security', oid::regclass::text, '', relforcerowsecurity::text FROM pg_class
  WHERE relkind IN ('r', 'p')
ORDER BY 1, 2, 3
"""


@pytest.mark.parametrize("online", [False, True])
@pytest.mark.postgres
@pytest.mark.tried("rows filled under triggers, rules, partitions and children")
def test_rows_are_filled_and_nothing_else_happens(online: bool, fresh_database: Callable[[str], str]) -> None:
    async def work() -> None:
        tables = ("plain", "parts", "parent", "part_a", "child")
        async with open_server(fresh_database("postgres")) as server:
            await load(server, POSTGRES + "".join(map(TRIGGERS.format, tables)) + ODD_STATES)
            before = await server.connection.fetch(STATES)
            assert {state for *_, state in before} >= {"O", "A", "R", "D"}
            wanted = POSTGRES.replace("c integer", "c integer DEFAULT 7 NOT NULL")
            found = await compare_with_script(server, wanted, prove=False)
            plan = build_plan(found.old, found.new, server.dialect, server.info, online=online)
            assert any("UPDATE" in sql for sql in plan.sql())
            outcome = await execute(server, plan)
            assert outcome.error is None, outcome.error
            assert await server.connection.fetch("SELECT what FROM log") == []
            for table in ("plain", "parts", "parent"):
                rows = await server.connection.fetch(f"SELECT touched, c FROM {table} ORDER BY id")
                assert rows == [(0, 7), (5, 7), (6, 7)], table
            assert await server.connection.fetch(STATES) == before
            assert not (await compare_with_script(server, wanted, prove=False)).plan

    run(work())


@pytest.mark.postgres
@pytest.mark.tried("rows filled that row security hides from their owner")
def test_rows_that_are_hidden_from_their_owner_are_filled_too(fresh_database: Callable[[str], str]) -> None:
    async def work() -> None:
        async with open_server(fresh_database("postgres")) as server:
            role = f"owner_{server.info.database}"
            await load(server, f"CREATE ROLE {role}; GRANT ALL ON SCHEMA public TO {role};")
            try:
                await load(server, f"SET ROLE {role}; CREATE TABLE t (id integer, c integer);")
                await load(
                    server, "INSERT INTO t VALUES (1, NULL), (2, NULL); ALTER TABLE t ENABLE ROW LEVEL SECURITY;"
                )
                await load(server, "CREATE POLICY p ON t USING (id = 1); ALTER TABLE t FORCE ROW LEVEL SECURITY;")
                wanted = "CREATE TABLE t (id integer, c integer DEFAULT 7 NOT NULL);"
                wanted += "ALTER TABLE t ENABLE ROW LEVEL SECURITY; ALTER TABLE t FORCE ROW LEVEL SECURITY;"
                plan = (await compare_with_script(server, wanted, prove=False)).plan
                outcome = await execute(server, plan)
                assert outcome.error is None, outcome.error
                assert await server.connection.fetch("SELECT id, c FROM t") == [(1, 7)], "the policy is there again"
                await server.connection.execute("RESET ROLE")
                assert await server.connection.fetch("SELECT id, c FROM t ORDER BY id") == [(1, 7), (2, 7)]
            finally:
                await load(server, f"RESET ROLE; DROP OWNED BY {role}; DROP ROLE {role};")

    run(work())


MYSQL = """
CREATE TABLE t (id integer PRIMARY KEY, n integer, touched integer DEFAULT 0 NOT NULL,
  at datetime DEFAULT '2020-01-01 00:00:00' ON UPDATE CURRENT_TIMESTAMP,
  v integer GENERATED ALWAYS AS (n * 2) VIRTUAL, c integer, KEY by_v (v));
INSERT INTO t (id, n, touched, c) VALUES (1, 1, 0, 5), (2, NULL, 3, NULL);
"""
_ALL = "SELECT id, n, touched, CAST(at AS char) AS at, v, c FROM t ORDER BY id"
_MYSQL_FAMILY = [pytest.param(name, marks=getattr(pytest.mark, name)) for name in ("mysql", "mariadb")]


@pytest.mark.parametrize("dialect", _MYSQL_FAMILY)
@pytest.mark.tried("computed values carried over under a trigger")
def test_values_are_carried_over_and_no_trigger_runs(dialect: str, fresh_database: Callable[[str], str]) -> None:
    async def work() -> None:
        async with open_server(fresh_database(dialect)) as server:
            trigger = "CREATE TRIGGER touch BEFORE UPDATE ON t FOR EACH ROW SET NEW.touched = NEW.touched + 1;"
            await load(server, MYSQL + trigger)
            before = await server.connection.fetch(_ALL)
            wanted = re.sub(r"v integer GENERATED.*?VIRTUAL", "v bigint", MYSQL.partition("INSERT")[0])
            plan = (await compare_with_script(server, wanted, prove=False)).plan
            assert not any(Hazard.MAY_CHANGE_DATA in step.hazards for step in plan.steps)
            outcome = await execute(server, plan)
            assert outcome.error is None, outcome.error
            assert await server.connection.fetch(_ALL) == before
            assert not (await compare_with_script(server, wanted, prove=False)).plan

    run(work())


@pytest.mark.parametrize("dialect", _MYSQL_FAMILY)
@pytest.mark.tried("rows filled under a trigger that cannot be kept from running")
def test_a_trigger_that_would_run_is_a_hazard_with_its_name(dialect: str, fresh_database: Callable[[str], str]) -> None:
    async def changes(server: LiveServer, wanted: str) -> list[str]:
        found = await compare_with_script(server, wanted, prove=False)
        allowed = {Hazard.MAY_FAIL_ON_DATA}
        selection = select(found.old, found.new, (), [unsafe(server.dialect.capabilities(server.info), allowed)])
        return [item.because for item in selection.refused]

    async def work() -> None:
        ddl = MYSQL.partition("INSERT")[0]
        async with open_server(fresh_database(dialect)) as server:
            await load(server, MYSQL + "CREATE TRIGGER first BEFORE INSERT ON t FOR EACH ROW SET NEW.touched = 1;")
            filled = ddl.replace("c integer", "c integer DEFAULT 7 NOT NULL")
            assert await changes(server, filled) == []
            await load(server, "CREATE TRIGGER touch AFTER UPDATE ON t FOR EACH ROW SET @touched = 1;")
            [because] = await changes(server, filled)
            assert "MAY_CHANGE_DATA" in because
            assert "would run trigger touch" in because
            added = await changes(server, ddl.replace("KEY by_v", "u varchar(36) DEFAULT (uuid()), KEY by_v"))
            assert len(added) == (dialect == "mysql"), "MariaDB fills a new column by itself"

    run(work())


SQLITE = """
CREATE TABLE log (what TEXT);
CREATE TABLE t (id INTEGER PRIMARY KEY, touched INTEGER DEFAULT 0 NOT NULL, c INTEGER);
CREATE TABLE child (id INTEGER PRIMARY KEY, t_id INTEGER REFERENCES t (id) ON DELETE CASCADE);
CREATE VIEW seen AS SELECT id, c FROM t;
"""


@pytest.mark.sqlite
@pytest.mark.tried("a table rebuilt under triggers")
def test_a_rebuilt_table_fires_no_trigger(fresh_database: Callable[[str], str]) -> None:
    async def work() -> None:
        rows = "INSERT INTO t VALUES (1, 0, 5), (2, 3, NULL); INSERT INTO child VALUES (1, 1), (2, 2);"
        triggers = "".join(
            f"CREATE TRIGGER {table}_{when}_{event} {when} {event} ON {table} "
            f"BEGIN INSERT INTO log VALUES ('{event}'); UPDATE t SET touched = touched + 1; END;"
            for table in ("t", "child")
            for when in ("BEFORE", "AFTER")
            for event in ("INSERT", "UPDATE", "DELETE")
        )
        triggers += "CREATE TRIGGER on_view INSTEAD OF UPDATE ON seen BEGIN INSERT INTO log VALUES ('view'); END;"
        existing = "SELECT name, sql FROM sqlite_master WHERE type IN ('trigger', 'view') ORDER BY name"
        async with open_server(fresh_database("sqlite")) as server:
            await load(server, SQLITE + rows + triggers)
            before = await server.connection.fetch(existing)
            wanted = SQLITE.replace("c INTEGER", "c INTEGER DEFAULT 7 NOT NULL")
            plan = (await compare_with_script(server, wanted, prove=False)).plan
            outcome = await execute(server, plan)
            assert outcome.error is None, outcome.error
            assert await server.connection.fetch("SELECT id, touched, c FROM t") == [(1, 0, 5), (2, 3, 7)]
            assert await server.connection.fetch("SELECT what FROM log") == []
            assert await server.connection.fetch("SELECT id, t_id FROM child") == [(1, 1), (2, 2)]
            assert await server.connection.fetch(existing) == before

    run(work())


@pytest.mark.parametrize("dialect", _MYSQL_FAMILY)
@pytest.mark.tried("rows filled under a trigger that cannot be kept from running")
def test_a_step_that_is_allowed_to_fire_a_trigger_names_it(dialect: str, shop: Callable[..., Shop]) -> None:
    project = shop(dialect, "INSERT INTO author (id, name) VALUES (1, 'a');")
    project.sql("CREATE TRIGGER touch BEFORE UPDATE ON author FOR EACH ROW SET NEW.name = 'b';")
    models = MODELS.replace("max_length=200, null=True", 'max_length=200, db_default="none"')
    (project.folder / "shop_models.py").write_text(models)
    allowed = ("--allow-hazard", "MAY_FAIL_ON_DATA", "--allow-hazard", "MAY_CHANGE_DATA")
    said = project.run("apply", "--yes", "--dry-run", *allowed)
    assert "rows: they are filled by UPDATE, which runs trigger touch" in said.stdout, said.stdout + said.stderr
    assert project.fetch("SELECT name FROM author") == [("a",)]


@pytest.mark.parametrize(
    "dialect", [pytest.param(name, marks=getattr(pytest.mark, name)) for name in ("mysql", "mariadb")]
)
@pytest.mark.tried("a trigger whose text is read under a sql_mode of its own")
def test_a_trigger_of_another_mode_is_not_called_broken(dialect: str, fresh_database: Callable[[str], str]) -> None:
    """It keeps the mode of the session that made it; in the copy it is compiled under ours. One that breaks is told."""
    body = 'FOR EACH ROW INSERT INTO "log" ("what") VALUES (1)'
    old = "CREATE TABLE log (what integer); CREATE TABLE t (id integer PRIMARY KEY, a integer);"

    async def work() -> None:
        async with open_server(fresh_database(dialect)) as server:
            mode = (await server.connection.fetch("SELECT @@sql_mode"))[0][0]
            await load(server, old)
            await server.connection.execute("SET sql_mode = 'ANSI_QUOTES'")
            await server.connection.execute(f"CREATE TRIGGER quoted AFTER INSERT ON t {body}")
            await server.connection.execute(f"SET sql_mode = '{mode}'")
            found = await compare_with_script(server, old.replace("a integer", "a bigint"))
            assert (found.proven, len(found.plan.steps)) == (True, 1), found.proof_note
            assert [str(item) for item in found.proof_without] == [
                "trigger quoted of t: its sql_mode is another one (ANSI_QUOTES)"
            ]
            await load(server, "CREATE TRIGGER plain AFTER UPDATE ON t FOR EACH ROW SET @a = NEW.a")
            found = await compare_with_script(server, old.replace(", a integer", ""))
            assert found.proven is False
            assert "trigger plain of t" in found.proof_note

    run(work())
