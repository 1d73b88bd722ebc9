"""NOT NULL that is not valid (PostgreSQL 18) is none: the NULLs that are there are drift, never in sync."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pytest_schemadrift.applying.executor import execute
from pytest_schemadrift.applying.row_counts import facts_about
from pytest_schemadrift.planning.diff import diff
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.sources.database import ddl_text, dump, open_server
from pytest_schemadrift.sources.ddl import parse_sql
from tests.harness import compare_with_script, exported, load, run
from tests.live.test_reverse import drift_of, module_of, reversed_models

NewDatabase = Callable[[str], str]
NOT_VALID = "CREATE TABLE t (c integer); ALTER TABLE t ADD CONSTRAINT given NOT NULL c NOT VALID;"


@pytest.fixture(autouse=True)
def _modules_of_the_test(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.syspath_prepend(str(tmp_path))
    yield
    importlib.invalidate_caches()


@pytest.mark.postgres
@pytest.mark.parametrize("wanted", ["c integer NOT NULL", "c integer PRIMARY KEY", "c integer DEFAULT 7 NOT NULL"])
@pytest.mark.tried("NOT NULL that is not valid, with a NULL in the table")
def test_a_not_null_that_is_not_valid_is_validated(wanted: str, fresh_database: NewDatabase) -> None:
    async def work() -> None:
        async with open_server(fresh_database("postgres-18")) as server:
            default = "DEFAULT 7" if "DEFAULT" in wanted else ""
            await load(server, f"CREATE TABLE t (c integer {default}); INSERT INTO t VALUES (1), (NULL);")
            await load(server, "ALTER TABLE t ADD CONSTRAINT given NOT NULL c NOT VALID;")
            script = f"CREATE TABLE t ({wanted});"
            found = await compare_with_script(server, script)
            assert found.proven, found.proof_note
            plan = found.plan
            assert next(change.code for change in plan.changes) == "SD413"
            assert not any("SET NOT NULL" in sql for sql in plan.sql()), "it reads the rows under a stronger lock"
            if not default:
                parts = [part for change in plan.changes for part in c.simple_changes(change)]
                facts = [await facts_about(server, part, found.old) for part in parts]
                assert "1 of 2 rows of t have NULL in c" in str(facts)
                assert (await execute(server, plan)).error is not None, "a NULL is in the way"
                await load(server, "DELETE FROM t WHERE c IS NULL;")
            outcome = await execute(server, plan)
            assert outcome.error is None, outcome.error
            query = "SELECT convalidated FROM pg_constraint WHERE contype = 'n' AND conrelid = 't'::regclass"
            assert await server.connection.fetch(query) == [(True,)]
            rest = await compare_with_script(server, script, prove=False)
            assert not rest.plan
            assert not rest.unreadable

    run(work())


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("old", "new", "hazard"),
    [
        (NOT_VALID, "CREATE TABLE t (c integer);", "LOOSENS_CONSTRAINT"),
        ("CREATE TABLE t (c integer);", NOT_VALID, ""),
        ("CREATE TABLE t (c integer NOT NULL);", NOT_VALID, "LOOSENS_CONSTRAINT"),
        (NOT_VALID, NOT_VALID.replace("given", "other"), None),
    ],
)
@pytest.mark.tried("NOT NULL that is not valid, with a NULL in the table")
def test_it_comes_and_goes(old: str, new: str, hazard: str | None, fresh_database: NewDatabase) -> None:
    async def work() -> None:
        async with open_server(fresh_database("postgres-18")) as server:
            await load(server, old)
            found = await compare_with_script(server, new)
            assert [" ".join(step.hazards) for step in found.plan.steps] == ([] if hazard is None else [hazard])
            if hazard is None:
                return
            assert found.proven, found.proof_note
            assert isinstance(found.plan.changes[0], c.AlterColumnNullability)
            outcome = await execute(server, found.plan)
            assert outcome.error is None, outcome.error
            assert not (await compare_with_script(server, new, prove=False)).plan
            if new == NOT_VALID:
                with pytest.raises(Exception, match=r"given|null value"):
                    await load(server, "INSERT INTO t VALUES (NULL)")
            else:
                await load(server, "INSERT INTO t VALUES (NULL)")

    run(work())


@pytest.mark.postgres
@pytest.mark.tried("NOT NULL that is not valid, with a NULL in the table")
def test_export_and_reverse_say_it(fresh_database: NewDatabase, tmp_path: Path) -> None:
    url, twin = fresh_database("postgres-18"), fresh_database("postgres-18")

    async def work() -> None:
        async with open_server(url) as server, open_server(twin) as other:
            await load(server, NOT_VALID.replace("c integer", "id integer PRIMARY KEY, c integer"))
            schema = await dump(server)
            text = ddl_text(schema, server.dialect, server.info)
            assert "NOT NULL" in text and "NOT VALID" in text
            assert not diff(parse_sql(text, "postgres", server.info), schema)
            await load(other, text)
            assert not diff(await dump(other), schema)

    run(work())
    written = reversed_models(url)
    assert any("given of t" in line for line in written.not_expressed), written.not_expressed
    drift = drift_of(url, module_of(written, tmp_path), tmp_path)
    assert [change.code for change in drift.plan.changes] == ["SD413"]


NO_INHERIT = """
    CREATE TABLE t (id integer PRIMARY KEY, n integer GENERATED ALWAYS AS IDENTITY, c integer CONSTRAINT given NOT NULL NO INHERIT,
        d integer);
    ALTER TABLE t ALTER CONSTRAINT t_id_not_null NO INHERIT, ALTER CONSTRAINT t_n_not_null NO INHERIT;
    ALTER TABLE t ADD CONSTRAINT late NOT NULL d NO INHERIT NOT VALID;
"""  # noqa: E501


@pytest.mark.postgres
@pytest.mark.tried("NOT NULL that tables which inherit do not have")
def test_export_and_reverse_say_that_it_is_not_inherited(fresh_database: NewDatabase, tmp_path: Path) -> None:
    url, twin = fresh_database("postgres-18"), fresh_database("postgres-18")

    async def work() -> None:
        async with open_server(url) as server, open_server(twin) as other:
            await load(server, NO_INHERIT)
            schema = await dump(server)
            text = ddl_text(schema, server.dialect, server.info)
            read = parse_sql(text, "postgres", server.info)
            assert not diff(read, schema)
            assert ddl_text(read, server.dialect, server.info) == text
            await load(other, text)
            query = "SELECT conname, connoinherit FROM pg_constraint WHERE contype = 'n' AND conrelid = 't'::regclass"
            names = set(await other.connection.fetch(query))
            assert names == {(name, True) for name in ("given", "late", "t_id_not_null", "t_n_not_null")}
            await load(other, "ALTER TABLE t ALTER CONSTRAINT given INHERIT")
            (change,) = diff(schema, await dump(other))
            assert isinstance(change, c.AlterColumnNullability)

    run(work())
    written = reversed_models(url)
    drift = drift_of(url, module_of(written, tmp_path), tmp_path)
    assert [change.code for change in drift.plan.changes] == ["SD413"], "the one that is not valid"


@pytest.mark.postgres
@pytest.mark.tried("NOT NULL that tables which inherit do not have")
def test_rows_that_inherit_are_counted_where_they_are_in_the_way(fresh_database: NewDatabase) -> None:
    """Keys, and what is NO INHERIT, look at the table alone: a child's rows stop no change that the server makes."""
    bare, child = "CREATE TABLE t (id integer PRIMARY KEY, a integer{});", "CREATE TABLE child () INHERITS (t);"
    stopped = {
        " NOT NULL NO INHERIT": False,
        " NOT NULL": True,
        ", CHECK (a < 9) NO INHERIT": False,
        ", CHECK (a < 9)": True,
        " UNIQUE": False,
        " REFERENCES t": False,
    }

    async def work() -> None:
        async with open_server(fresh_database("postgres-18")) as server:
            await load(server, bare.format("") + child)
            await load(server, "INSERT INTO t VALUES (1, 1); INSERT INTO child VALUES (2, NULL), (3, 99), (4, 99)")
            for words, expected in stopped.items():
                found = await compare_with_script(server, bare.format(words) + child)
                (change,) = found.plan.changes
                (fact,) = await facts_about(server, change, found.old)
                failed = (await execute(server, found.plan)).error is not None
                assert (failed, fact.blocks) == (expected, expected), words
                back = await compare_with_script(server, bare.format("") + child)
                assert (await execute(server, back.plan)).error is None

    run(work())


HEIRS = """
    CREATE TYPE mood AS ENUM ('sad', 'ok');
    CREATE TABLE p (item varchar(10), feeling mood, twice integer, id integer);
    CREATE TABLE k () INHERITS (p); CREATE TABLE s () INHERITS (p); CREATE TABLE g () INHERITS (k);
    CREATE TABLE goes (CONSTRAINT own NOT NULL item) INHERITS (p); ALTER TABLE goes ALTER feeling SET DEFAULT 'ok';
    ALTER TABLE g ALTER item SET NOT NULL; ALTER TABLE k ALTER item SET NOT NULL, ADD CONSTRAINT odd NOT NULL feeling;
    ALTER TABLE k ALTER id SET NOT NULL; ALTER TABLE s ADD CONSTRAINT later NOT NULL twice NOT VALID;
    ALTER TABLE p ALTER item SET NOT NULL, ALTER feeling SET NOT NULL, ADD PRIMARY KEY (id);
    COMMENT ON CONSTRAINT k_item_not_null ON k IS 'of k';
    CREATE TABLE parted (item varchar(10), id integer) PARTITION BY LIST (id);
    CREATE TABLE part1 PARTITION OF parted FOR VALUES IN (1); CREATE TABLE part2 PARTITION OF parted FOR VALUES IN (2);
    ALTER TABLE part1 ALTER item SET NOT NULL; ALTER TABLE parted ADD CONSTRAINT named NOT NULL item;
    COMMENT ON CONSTRAINT named ON parted IS 'of all';
    INSERT INTO k VALUES ('a', 'sad', 1, 1); INSERT INTO s VALUES ('b', 'ok', 2, 2); INSERT INTO parted VALUES ('c', 1);
"""
HEIRS_WANTED = """
    CREATE TYPE mood AS ENUM ('ok', 'sad');
    CREATE TABLE p (item varchar(20) NOT NULL, feeling mood NOT NULL, twice bigint, id bigint PRIMARY KEY);
    CREATE TABLE k () INHERITS (p); CREATE TABLE s () INHERITS (p); CREATE TABLE g () INHERITS (k);
    CREATE TABLE parted (item varchar(20) NOT NULL, id integer) PARTITION BY LIST (id);
    CREATE TABLE part1 PARTITION OF parted FOR VALUES IN (1); CREATE TABLE part2 PARTITION OF parted FOR VALUES IN (2);
"""
OWN_NOT_NULLS = """
    SELECT conrelid::regclass::text, conname, conislocal, coninhcount, connoinherit, convalidated,
           obj_description(oid, 'pg_constraint')
      FROM pg_constraint WHERE contype = 'n' AND conrelid >= 16384 AND conrelid::regclass::text <> 'goes' ORDER BY 1, 2
"""


@pytest.mark.postgres
def test_what_had_a_not_null_before_its_parent_keeps_it(fresh_database: NewDatabase) -> None:
    """The server refuses the change of type by itself (18); an export has each NOT NULL under its own name, too."""
    url, twin = fresh_database("postgres-18"), fresh_database("postgres-18")

    async def work() -> None:
        async with open_server(url) as server, open_server(twin) as other:
            await load(server, HEIRS)
            before = await server.connection.fetch(OWN_NOT_NULLS)
            await load(other, await exported(server))
            assert await other.connection.fetch(OWN_NOT_NULLS) == before
            found = await compare_with_script(server, HEIRS_WANTED)
            assert found.proven, found.proof_note
            outcome = await execute(server, found.plan)
            assert outcome.error is None, outcome.error
            assert await server.connection.fetch(OWN_NOT_NULLS) == before
            assert not (await compare_with_script(server, HEIRS_WANTED, prove=False)).plan

    run(work())


@pytest.mark.postgres
def test_a_partitions_not_null_before_the_key_is_refused_in_words(fresh_database: NewDatabase) -> None:
    bare = "CREATE TABLE parted (id integer, at date{}) PARTITION BY LIST (at);"
    live = "CREATE TABLE part PARTITION OF parted FOR VALUES IN ('2026-01-01'); ALTER TABLE part ALTER id SET NOT NULL;"

    async def work() -> None:
        async with open_server(fresh_database("postgres-18")) as server:
            await load(server, f"{bare.format('')} {live} ALTER TABLE parted ADD PRIMARY KEY (id, at);")
            wanted = bare.format(", PRIMARY KEY (id, at)").replace("id integer", "id bigint")
            found = await compare_with_script(server, wanted + live.partition(";")[0])
            assert not found.plan
            assert "detach that partition" in found.unreadable[0].reason

    run(work())
