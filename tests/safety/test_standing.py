"""What stands on a column comes into the scratch copy: a right plan is proven, and what is in the way has its name."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from pytest_schemadrift.errors import StatementFailed
from pytest_schemadrift.planning.policy import Policy
from pytest_schemadrift.schema.changes import RenameColumn, table_of
from pytest_schemadrift.schema.model import Name
from pytest_schemadrift.sources.database import open_server
from pytest_schemadrift.verify.prove import prove_with_rows
from pytest_schemadrift.verify.verdict import Comparison
from tests.harness import compare_with_script, load, run

pytestmark = pytest.mark.postgres

NewDatabase = Callable[[str], str]

OLD = "CREATE TABLE n (id serial PRIMARY KEY, own int NOT NULL, v int);"
WIDER = "CREATE TABLE n (id serial PRIMARY KEY, own bigint NOT NULL, v int);"
WITHOUT = "CREATE TABLE n (id serial PRIMARY KEY, v int);"
BESIDE = "CREATE TABLE m (id int PRIMARY KEY, k int);"
CHILD = "CREATE TABLE n1 () INHERITS (n); CREATE TABLE n2 () INHERITS (n1);"


def judged(url: str, script: str, new: str) -> tuple[Comparison, bool | None, str]:
    """The comparison with its proof, and what a second proof, with rows, says."""

    async def work() -> tuple[Comparison, bool | None, str]:
        async with open_server(url) as server:
            await server.connection.execute(script)
            found = await compare_with_script(server, new, Policy())
            proof = await prove_with_rows(server, found.old, found.new, found.plan, Policy())
            return found, proof.proven, proof.note

    return run(work())


@pytest.mark.tried("a view, policy or rule over several tables on a column that changes")
@pytest.mark.parametrize(
    "standing",
    {
        "a view that joins": "CREATE VIEW nv AS SELECT n.id, n.own, m.k FROM n JOIN m ON m.id = n.id",
        "views on views": "CREATE VIEW z AS SELECT own FROM n; CREATE VIEW a AS SELECT z.own, m.k FROM z, m",
        "a materialised view": "CREATE MATERIALIZED VIEW mv AS SELECT n.own, m.k FROM n, m; CREATE INDEX i ON mv (own)",
        "another schema": "CREATE SCHEMA s; CREATE TABLE s.x (id int); CREATE VIEW s.v AS SELECT own FROM n, s.x",
        "a policy": "CREATE POLICY p ON n USING (own > 1)",
        "a policy of another table": "CREATE POLICY p ON m USING (EXISTS (SELECT FROM n WHERE own = m.k))",
        "a policy that reads a view": "CREATE VIEW v AS SELECT own FROM n; "
        "CREATE POLICY p ON m USING (EXISTS (SELECT FROM v WHERE own = m.k))",
        "a rule": "CREATE RULE r AS ON UPDATE TO n WHERE new.own = 7 DO INSTEAD NOTHING",
        "a rule of another table": "CREATE RULE r AS ON INSERT TO m DO ALSO UPDATE n SET own = 1",
        "statistics": "CREATE STATISTICS st ON own, v FROM n",
        "a system catalog": "CREATE VIEW v AS SELECT own, relname FROM n, pg_class",
        "a view of somebody who may not read": "CREATE VIEW v AS SELECT own FROM n; ALTER VIEW v OWNER TO pg_monitor",
        "all of a child": f"{CHILD} CREATE VIEW v AS SELECT own FROM n2; CREATE POLICY p ON n2 USING (own > 1); "
        "CREATE TRIGGER g BEFORE UPDATE OF own ON n2 EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    }.values(),
)
def test_a_right_plan_is_proven(standing: str, fresh_database: NewDatabase) -> None:
    found, proven, note = judged(fresh_database("postgres"), f"{OLD}{BESIDE}{standing}", WIDER)
    assert found.plan
    assert (found.proven, found.proof_note) == (True, "")
    assert (proven, note) == (True, "")


def test_a_copy_publishes_no_rows(fresh_database: NewDatabase) -> None:
    """A published table without a replica identity takes no UPDATE, and the copy knows what holds the columns alone."""
    publication = "CREATE PUBLICATION pu FOR TABLE n (id, v) WITH (publish = 'insert')"
    filled = OLD.replace("v int", "v int NOT NULL DEFAULT 3")
    found, proven, note = judged(fresh_database("postgres"), f"{OLD}{CHILD}{publication}", filled)
    assert (found.proven, found.proof_note) == (True, "")
    assert (proven, note) == (True, "")


ATOMIC = "CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT own FROM n; END"
IN_THE_WAY = {
    "a view": ("CREATE VIEW nv AS SELECT n.own, m.k FROM n, m", WITHOUT, "view nv"),
    "a materialised view": ("CREATE MATERIALIZED VIEW mv AS SELECT own FROM n", WITHOUT, "materialized view mv"),
    "a policy of another table": (
        "CREATE POLICY p ON m USING (EXISTS (SELECT FROM n WHERE own = m.k))",
        WITHOUT,
        "policy p on table m",
    ),
    "a rule": ("CREATE RULE r AS ON UPDATE TO n WHERE new.own = 7 DO INSTEAD NOTHING", WITHOUT, "rule r on table n"),
    "a function, the column goes": (ATOMIC, WITHOUT, "function f()"),
    "a function, the type changes": (ATOMIC, WIDER, "function f()"),
    "a publication's columns": ("CREATE PUBLICATION pu FOR TABLE n (id, own)", WITHOUT, "publication pu"),
    "a column of the row's type": ("CREATE TABLE hist (was n, id int)", WIDER, "hist.was"),
    "an array of the row's type": ("CREATE TABLE hist (id int, was n[])", WIDER, "hist.was"),
}


@pytest.mark.tried("something in the way of a column's change")
@pytest.mark.parametrize("story", IN_THE_WAY)
def test_what_is_in_the_way_is_named(story: str, fresh_database: NewDatabase) -> None:
    standing, new, name = IN_THE_WAY[story]
    found, proven, note = judged(fresh_database("postgres"), f"{OLD}{BESIDE}{standing}", new)
    assert found.proven is False
    assert name in found.proof_note
    assert "CASCADE" not in found.proof_note
    if "FOR TABLE" in standing:
        assert "pu has it in its column list (n.own)" in found.proof_note
        assert "take n out of publication pu by hand" in found.proof_note
    assert proven is False
    assert name in note


STANDING = {
    "a function": ATOMIC,
    "a function of a view": "CREATE VIEW w AS SELECT own FROM n; "
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT own FROM w; END",
    "a function of rows": "CREATE FUNCTION f() RETURNS SETOF n LANGUAGE sql AS 'SELECT * FROM n'",
    "a publication's columns": "CREATE PUBLICATION pu FOR TABLE n (id, own)",
    "a column of the row's type": "CREATE TABLE hist (was n, id int)",
    "a column of a domain over the row": "CREATE DOMAIN d AS n; CREATE TABLE hist (was d[], id int)",
    "a column with the row in a part": "CREATE TYPE c AS (x n[]); CREATE TABLE hist (was c, id int)",
    "a column of a view's row": "CREATE VIEW w AS SELECT own FROM n; CREATE TABLE hist (was w, id int)",
    "nothing": "",
}
WANTED = {
    "another type": WIDER,
    "another type of another column": OLD.replace("v int", "v bigint"),
    "without the column": WITHOUT,
    "a filled column": OLD.replace("v int", "v int, z int DEFAULT 3"),
    "an empty column": OLD.replace("v int", "v int, z int"),
    "another name": OLD.replace("own", "mine"),
    "no table": "",
}


@pytest.mark.tried("what is in the way of a change, told without a scratch copy: as the server itself")
def test_what_is_in_the_way_is_known_before_anything_is_tried(fresh_database: NewDatabase) -> None:
    """The oracle is the server: it refuses the plan exactly where something is told."""

    async def work() -> dict[tuple[str, str], tuple[str, str]]:
        wrong = {}
        async with open_server(fresh_database("postgres")) as server:
            execute = server.connection.execute
            for standing, script in STANDING.items():
                await execute("DROP PUBLICATION IF EXISTS pu; DROP SCHEMA public CASCADE; CREATE SCHEMA public")
                await execute(f"{OLD} {script}")
                rest = "CREATE TABLE hist (id int)" if "hist" in script else ""
                for change, new in WANTED.items():
                    renames = [RenameColumn(Name("", "n"), "own", "mine")] if "mine" in new else []
                    wanted = f"{new} {rest}"
                    found = await compare_with_script(
                        server, wanted, Policy(unmanaged="fail"), renames=renames, prove=False
                    )
                    plan = [
                        step.sql
                        for step in found.plan.statements
                        if not {"hist", "DOMAIN"} & set(re.findall(r"\w+", step.sql))
                    ]
                    told = "; ".join(note for note in found.notes if "blocks the plan" in note)
                    await execute("BEGIN")
                    try:
                        await execute(";".join(plan))
                        refused = ""
                    except StatementFailed as error:
                        refused = error.what
                    await execute("ROLLBACK")
                    if bool(told) != bool(refused) and "view w depends" not in refused:  # the proof has that
                        wrong[standing, change] = (told, refused)
        return wrong

    assert run(work()) == {}


@pytest.mark.tried("something in the way of a column's change")
def test_a_filter_of_a_publication_is_told_before_anything_is_tried(fresh_database: NewDatabase) -> None:
    publication = "CREATE PUBLICATION pu FOR TABLE n (id, own, v) WHERE (own > 1)"
    found, _, _ = judged(
        fresh_database("postgres"), f"{OLD}{BESIDE}{publication}", f"{WIDER}{BESIDE}".replace("k int", "k bigint")
    )
    assert [(item.kind, item.name) for item in found.unreadable] == [("table", "n")]
    assert found.unreadable[0].reason.startswith(
        "n.own: publication pu has it in its column list and filters rows by it, so PostgreSQL cannot change"
    )
    assert [(type(change).__name__, str(table_of(change))) for change in found.plan.changes] == [
        ("AlterColumnType", "m")
    ]
    assert (found.proven, found.proof_note) == (True, "")
    found, _, _ = judged(fresh_database("postgres"), OLD + publication.replace("(own >", "(v >"), WIDER)
    words = "publication pu has it in its column list (n.own) and blocks the plan: take n out of publication pu by hand"
    assert found.proof_note.startswith(words)


@pytest.mark.tried("a function whose text names a column that goes")
def test_a_function_of_text_is_named(fresh_database: NewDatabase) -> None:
    script = f"""{OLD}
        CREATE FUNCTION reads() RETURNS bigint LANGUAGE sql AS 'SELECT sum(own) FROM n';
        CREATE FUNCTION other() RETURNS bigint LANGUAGE sql AS 'SELECT sum(v) FROM n';
        CREATE FUNCTION later() RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN (SELECT own FROM n LIMIT 1); END'
    """
    found, _, _ = judged(fresh_database("postgres"), script, WITHOUT)
    assert [(item.what, item.why) for item in found.proof_without] == [
        ("function later()", "its text names n.own, and is read when it runs"),
        ("function reads()", "its text names n.own, and is read when it runs"),
    ]


@pytest.mark.tried("a server's advice to drop with CASCADE")
def test_no_cascade_in_what_is_told(fresh_database: NewDatabase) -> None:
    async def work() -> str:
        async with open_server(fresh_database("postgres")) as server:
            await load(server, f"{OLD}{BESIDE}CREATE VIEW a AS SELECT own FROM n; CREATE VIEW b AS SELECT own FROM n")
            try:
                await server.connection.execute("ALTER TABLE n DROP COLUMN own")
            except Exception as error:
                return str(error)
            return ""

    told = run(work())
    assert "CASCADE" not in told
    assert "view a depends on column own of table n; view b depends on column own of table n" in told.splitlines()[0]


ENUM = "CREATE TYPE mood AS ENUM ('a', 'b', 'c'); CREATE TABLE n (id int PRIMARY KEY, m mood DEFAULT 'a', ms mood[]);"
FEWER = ENUM.replace(", 'c'", "")
ON_A_TYPE = {
    "an argument": "CREATE FUNCTION f(m mood) RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "an array as an argument": "CREATE PROCEDURE f(m mood[]) LANGUAGE sql AS 'SELECT 1'",
    "a result": "CREATE FUNCTION f() RETURNS TABLE (m mood) LANGUAGE sql AS 'SELECT NULL::mood'",
    "a body that the server read": "CREATE FUNCTION f() RETURNS text LANGUAGE sql RETURN 'a'::mood::text",
    "a cast": "CREATE CAST (mood AS text) WITH INOUT AS ASSIGNMENT",
    "a view of no table": "CREATE VIEW v AS SELECT 'a'::mood AS m",
    "a view of another table": "CREATE VIEW v AS SELECT k FROM m WHERE 'a'::mood < 'b'::mood",
    "a check of another table": "ALTER TABLE m ADD CHECK ('a'::mood < 'b'::mood OR k > 0)",
    "a default of another table": "ALTER TABLE m ALTER k SET DEFAULT length('a'::mood::text)",
    "an index of another table": "CREATE INDEX i ON m (k) WHERE 'a'::mood < 'b'::mood",
    "a policy of another table": "CREATE POLICY p ON m USING ('a'::mood < 'b'::mood)",
    "a column of a view alone": "CREATE MATERIALIZED VIEW v AS SELECT k, 'a'::mood AS m FROM m",
    "a view of the column": "CREATE VIEW v AS SELECT n.m FROM n, m WHERE n.m > 'a'",
    "a view on a view": "CREATE VIEW v AS SELECT m FROM n; CREATE VIEW w AS SELECT m FROM v WHERE m = 'a'",
    "a child": "CREATE TABLE child (x int) INHERITS (n); CREATE INDEX i ON child (m)",
    "a text": "CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $$SELECT 'a'::mood::text$$",
    "a trigger": "CREATE TRIGGER t BEFORE UPDATE ON n FOR EACH ROW WHEN (new.m = 'a') "
    "EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    "nothing": "SELECT 1",
}


@pytest.mark.tried("what depends on a type whose values go, and on no table of the plan")
def test_what_stands_on_a_type_is_told(fresh_database: NewDatabase) -> None:
    """The oracle is the server: what is called proven runs, and what it would refuse is not called so."""

    async def work() -> dict[str, tuple[bool | None, str, str]]:
        wrong = {}
        async with open_server(fresh_database("postgres")) as server:
            execute = server.connection.execute
            for story, standing in ON_A_TYPE.items():
                await execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
                await execute(f"{ENUM} {BESIDE} {standing}")
                found = await compare_with_script(server, FEWER, Policy())
                await execute("BEGIN")
                try:
                    await execute(";".join(found.plan.sql()))
                    refused = ""
                except StatementFailed as error:
                    refused = error.what
                await execute("ROLLBACK")
                if found.proven is bool(refused) or "CASCADE" in found.proof_note:
                    wrong[story] = (found.proven, found.proof_note, refused)
        return wrong

    assert run(work()) == {}
