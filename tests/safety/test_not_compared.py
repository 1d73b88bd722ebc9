"""What cannot be compared is said of its table, and the others are compared."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_schemadrift.applying.executor import run_plan
from pytest_schemadrift.applying.row_counts import is_empty
from pytest_schemadrift.commands import diff_sources
from pytest_schemadrift.dialects.mysql.rights import hidden
from pytest_schemadrift.errors import StatementFailed
from pytest_schemadrift.planning.drift import Drift
from pytest_schemadrift.planning.policy import Policy
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.model import Name
from pytest_schemadrift.sources.database import ddl_text, dump, dump_unless_known, open_server
from pytest_schemadrift.sources.ddl import parse_sql
from pytest_schemadrift.verify.verdict import Comparison
from tests.harness import as_role, compare_with_script, load, loaded, run, typed

NewDatabase = Callable[[str], str]

STRANGE = {
    "postgres": (
        "CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w; "
        "CREATE FOREIGN TABLE f (id int, a int) SERVER s",
        "CREATE TABLE f (id int PRIMARY KEY, a int)",
        "a table cannot become partitioned, foreign",
    ),
    "mariadb": (
        "CREATE TABLE f (id int PRIMARY KEY, a int) WITH SYSTEM VERSIONING",
        "CREATE TABLE f (id int PRIMARY KEY, a int)",
        "system-versioned tables are not compared",
    ),
    "sqlite": (
        "CREATE VIRTUAL TABLE f USING fts5(a)",
        "CREATE TABLE f (id int PRIMARY KEY, a int)",
        "a virtual table cannot be altered",
    ),
}


@pytest.mark.tried("one foreign, virtual or system-versioned table beside ordinary ones")
@pytest.mark.parametrize("dialect", [pytest.param(name, marks=getattr(pytest.mark, name)) for name in STRANGE])
@pytest.mark.parametrize("whole", [False, True])
def test_a_table_that_cannot_be_changed_ends_no_check(dialect: str, whole: bool, fresh_database: NewDatabase) -> None:
    strange, ordinary, reason = STRANGE[dialect]

    async def work() -> Comparison:
        async with open_server(fresh_database(dialect)) as server:
            await load(server, f"{strange}; CREATE TABLE t (id int PRIMARY KEY)")
            new = f"{ordinary}; CREATE TABLE t (id int PRIMARY KEY, b int)"
            return await compare_with_script(server, new, Policy(whole=whole))

    found = run(work())
    assert [(type(change).__name__, change.table.name) for change in found.plan.changes] == [("AddColumn", "t")]  # type: ignore[union-attr]
    assert found.proven
    ((name, why),) = [(item.name, item.reason) for item in found.unreadable]
    assert name == "f"
    assert reason in why


@pytest.mark.postgres
@pytest.mark.tried("one foreign, virtual or system-versioned table beside ordinary ones")
def test_a_foreign_table_that_is_wanted_is_never_dropped(fresh_database: NewDatabase) -> None:
    script = f"{STRANGE['postgres'][0]}; CREATE TABLE t (id int PRIMARY KEY);"

    async def work() -> Comparison:
        async with open_server(fresh_database("postgres")) as server:
            await load(server, script)
            return await compare_with_script(server, script.replace("KEY)", "KEY, b int)"), Policy(whole=True))

    assert [type(change).__name__ for change in run(work()).plan.changes] == ["AddColumn"]


LOCAL = 'SELECT count(*) FROM ONLY "public"."t"'
MEMBERS = {
    "a partition": "CREATE TABLE t (id int, a int) PARTITION BY RANGE (id); "
    "CREATE FOREIGN TABLE far PARTITION OF t FOR VALUES FROM (1) TO (9) SERVER s OPTIONS (table_name 'x');",
    "a child": "CREATE TABLE t (id int, a int); CREATE FOREIGN TABLE far () INHERITS (t) SERVER s;",
}


@pytest.mark.postgres
@pytest.mark.parametrize("member", MEMBERS)
@pytest.mark.tried("one foreign, virtual or system-versioned table beside ordinary ones")
def test_a_foreign_member_of_a_table_is_told_as_one(member: str, fresh_database: NewDatabase) -> None:
    """Exported as an ordinary partition with a SERVER, it was a syntax error wherever the table was copied."""
    server_of = "CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w;"

    async def work() -> None:
        async with open_server(fresh_database("postgres")) as server:
            await load(server, server_of + MEMBERS[member])
            found = await compare_with_script(server, MEMBERS[member].replace("a int)", "a int, b int)", 1), Policy())
            text = ddl_text(await dump(server), server.dialect, server.info)
            assert [type(change).__name__ for change in found.plan.changes] == ["AddColumn"]
            assert (found.proven, "foreign table far" in found.proof_note) == (None, True), found.proof_note
            with pytest.raises(StatementFailed, match=r"would ask another server, for public\.far"):
                await server.dialect.look(server.connection, 'SELECT count(*) FROM "t" WHERE "a" IS NULL')
            assert not await is_empty(server, Name("", "t"))
            assert [tuple(row) for row in await server.dialect.look(server.connection, LOCAL)] == [(0,)]
            await load(server, "DROP TABLE t CASCADE")
            await load(server, text)
            assert ddl_text(await dump(server), server.dialect, server.info) == text
            assert parse_sql(text, "postgres", server.info).tables == (await dump(server)).tables
            dropped = await compare_with_script(
                server, "CREATE TABLE t (id int, a int)", Policy(whole=True), prove=False
            )
            assert [sql for sql in dropped.plan.sql() if "far" in sql] in (['DROP FOREIGN TABLE "far"'], [])

    run(work())


async def _between(left: str, right: str, old: str, new: str) -> Drift:
    for url, script in ((left, old), (right, new)):
        async with open_server(url) as server:
            await load(server, script)
    return await diff_sources(None, left, right)


@pytest.mark.postgres
@pytest.mark.tried("two live databases with policies, rules and indexes of materialised views")
def test_what_stands_beside_a_table_does_not_hide_its_drift(fresh_database: NewDatabase) -> None:
    old = """
        CREATE TABLE t (id int PRIMARY KEY, a int); CREATE TABLE u (id int);
        CREATE POLICY p ON t USING (a = 1); CREATE RULE r AS ON DELETE TO u DO INSTEAD NOTHING;
        CREATE STATISTICS s ON id, a FROM t; CREATE MATERIALIZED VIEW m AS SELECT a FROM t; CREATE INDEX mi ON m (a);
    """
    new = old.replace("a int", "a bigint").replace("u (id int)", "u (id int, x int)")
    drift = run(_between(fresh_database("postgres"), fresh_database("postgres"), old, new))
    kinds = sorted(type(change).__name__ for change in drift.plan.changes)
    assert kinds == ["AddColumn", "AlterColumnType"]
    assert drift.proven
    assert drift.unreadable == ()


@pytest.mark.postgres
@pytest.mark.tried("two live databases with policies, rules and indexes of materialised views")
def test_a_policy_that_differs_is_reported_and_never_in_sync(fresh_database: NewDatabase) -> None:
    old = "CREATE TABLE t (id int PRIMARY KEY, a int); CREATE POLICY p ON t USING (a = 1)"
    new = old.replace("a = 1", "a = 2").replace("a int", "a bigint")
    drift = run(_between(fresh_database("postgres"), fresh_database("postgres"), old, new))
    assert [type(change).__name__ for change in drift.plan.changes] == ["AlterColumnType"]
    assert [(item.kind, item.name) for item in drift.unreadable] == [("policy", "p")]
    left, right = fresh_database("postgres"), fresh_database("postgres")
    assert run(_between(left, right, old, old)).in_sync
    for here, there in ((left, right), (right, left)):
        drift = run(_between(here, there, "SELECT 1", "DROP POLICY IF EXISTS p ON t" if here == left else "SELECT 1"))
        assert not drift.plan
        assert [(item.kind, item.name) for item in drift.unreadable] == [("policy", "p")], "one side alone has it"


@pytest.mark.mariadb
@pytest.mark.tried("two live databases with sequences of MariaDB in defaults")
def test_a_sequence_of_mariadb_is_no_drift_where_both_have_it(fresh_database: NewDatabase) -> None:
    """Its table is compared as any other; one of another make, or on one side alone, is never in sync."""
    old = "CREATE SEQUENCE s; CREATE TABLE t (id bigint PRIMARY KEY DEFAULT nextval(s), a int)"
    left, right = fresh_database("mariadb"), fresh_database("mariadb")
    assert run(_between(left, right, old, old)).in_sync
    steps: list[tuple[str, int, list[str]]] = [
        ("ALTER TABLE t MODIFY a bigint", 1, []),
        ("SELECT nextval(s)", 1, []),
        ("CREATE SEQUENCE other", 1, ["other"]),
        ("ALTER SEQUENCE s INCREMENT 7", 1, ["other", "s"]),
    ]
    for statement, changes, named in steps:
        for here, there, said in ((left, right, statement), (right, left, "SELECT 1")):
            drift = run(_between(here, there, "SELECT 1", said))
            assert (len(drift.plan.changes), sorted(item.name for item in drift.unreadable)) == (changes, named)


@pytest.mark.postgres
@pytest.mark.tried("two live databases whose composite types, ranges or collations are not the same")
@pytest.mark.parametrize(
    ("kind", "text", "other"),
    [
        ("type", "CREATE TYPE x AS (a int)", ("a int", "a text")),
        ("type", "CREATE TYPE x AS (a text)", ("a text", 'a text COLLATE "C"')),
        ("range type", "CREATE TYPE x AS RANGE (SUBTYPE = int4)", ("int4", "int8")),
        ("range type", "CREATE TYPE x AS RANGE (SUBTYPE = text)", ("text", 'text, COLLATION = "C"')),
        ("collation", "CREATE COLLATION x (LOCALE = 'C')", ("'C'", "'POSIX'")),
    ],
)
def test_a_type_of_another_make_is_never_in_sync(
    kind: str, text: str, other: tuple[str, str], fresh_database: NewDatabase
) -> None:
    """The columns print the same type in both; that the tables differ elsewhere hides nothing of it."""
    column = "c text COLLATE x" if kind == "collation" else "c x"
    old = f"{text}; CREATE TABLE t (id int PRIMARY KEY, {column})"
    left, right = fresh_database("postgres"), fresh_database("postgres")
    drift = run(_between(left, right, old, old.replace(*other)))
    assert (len(drift.plan.changes), [(item.kind, item.name) for item in drift.unreadable]) == (0, [(kind, "x")])
    assert "not the same on both sides" in drift.unreadable[0].reason
    drift = run(_between(left, right, "SELECT 1", "ALTER TABLE t ADD b int"))
    assert (len(drift.plan.changes), [item.name for item in drift.unreadable]) == (1, ["x"])
    assert run(diff_sources(None, left, left)).in_sync


@pytest.mark.postgres
@pytest.mark.tried("what could not be read of a wanted table that is there")
def test_what_is_there_and_could_not_be_read_is_never_in_sync(fresh_database: NewDatabase) -> None:
    """The columns are the wanted ones, and what the table is besides nobody compares."""

    async def work() -> tuple[Comparison, Comparison]:
        async with open_server(fresh_database("postgres")) as server:
            await load(server, "CREATE TYPE shape AS (id int, a int); CREATE TABLE f OF shape; CREATE TABLE o OF shape")
            await load(
                server, "CREATE TABLE t (id int); CREATE TABLE p (id int); CREATE POLICY mine ON p USING (id = 1)"
            )
            wanted = "CREATE TABLE f (id int, a int); CREATE TABLE p (id int); CREATE TABLE t (id int, b int)"
            managed = await compare_with_script(server, wanted, Policy(unmanaged="ignore"))
            same = wanted.replace(", b int", "").replace("CREATE TABLE f (id int, a int);", "")
            return managed, await compare_with_script(server, same, Policy(unmanaged="ignore"))

    found, beside = run(work())
    assert [(type(change).__name__, str(change.table)) for change in found.plan.changes] == [("AddColumn", "t")]  # type: ignore[union-attr]
    assert [(item.kind, item.name) for item in found.unreadable] == [("table", "f")], "o is nobody's, a policy no drift"
    assert not beside.plan
    assert not beside.unreadable


@pytest.mark.mysql
@pytest.mark.tried("a foreign key to columns that are no whole key, made while MySQL took it")
def test_a_key_that_mysql_would_take_no_more_is_copied_and_proven(fresh_database: NewDatabase) -> None:
    script = (
        "CREATE TABLE p (id int PRIMARY KEY, code int, KEY c (code));"
        "CREATE TABLE t (id int PRIMARY KEY, code int, KEY k (code),"
        " CONSTRAINT f FOREIGN KEY (code) REFERENCES p (code));"
    )

    async def work() -> tuple[Comparison, Comparison]:
        async with open_server(fresh_database("mysql")) as server:
            restrict = "SET SESSION restrict_fk_on_non_standard_key = "
            await load(server, f"{restrict} OFF; {script} {restrict} ON")
            same = await compare_with_script(server, script)
            more = await compare_with_script(
                server, script.replace("id int PRIMARY KEY,", "id int PRIMARY KEY, n int,")
            )
            with pytest.raises(StatementFailed, match="1553"):
                await load(server, more.plan.sql())
            await load(
                server, [*server.dialect.session_lines(more.plan.sql(), server.info, more.old), *more.plan.sql()]
            )
            child = [sql for sql in more.plan.sql() if "`p`" not in sql]
            assert server.dialect.session_lines(child, server.info, more.old) == ()
            return same, more

    same, more = run(work())
    assert not same.plan
    assert [type(change).__name__ for change in more.plan.changes] == ["AddColumn", "AddColumn"]
    assert more.proven, more.proof_note


@pytest.mark.mariadb
@pytest.mark.tried("the export of a table that cannot be read, by its name")
def test_a_table_that_cannot_be_written_is_not_called_missing(fresh_database: NewDatabase, tmp_path: Path) -> None:
    url = fresh_database("mariadb")
    run(loaded(url, "CREATE TABLE p (s date, e date, PERIOD FOR x (s, e)); CREATE TABLE t (a int)"))
    done = typed(tmp_path, "--database-url", url, "export", "p")
    assert done.returncode == 2
    assert "table p cannot be written as DDL: a PERIOD cannot be expressed" in done.stderr
    assert "CREATE TABLE `t`" in typed(tmp_path, "--database-url", url, "export", "t").stdout


@pytest.mark.mysql
@pytest.mark.tried("a primary key for a table in which MySQL has generated one")
def test_a_key_beside_the_one_that_mysql_generated_is_refused_with_what_to_do(fresh_database: NewDatabase) -> None:
    """The server takes no second one, and a scratch copy, where the table is made without, would not show it."""
    new = "CREATE TABLE t (a int NOT NULL, PRIMARY KEY (a)); CREATE TABLE u (a bigint)"

    async def work() -> None:
        async with open_server(fresh_database("mysql")) as server:
            setting = "SET SESSION sql_generate_invisible_primary_key = "
            await load(server, f"{setting} ON; CREATE TABLE t (a int); CREATE TABLE u (a int); {setting} OFF")
            found = await compare_with_script(server, new)
            assert [str(c.table_of(change)) for change in found.plan.changes] == ["u"]
            assert found.proven, found.proof_note
            (refused,) = found.unreadable
            assert refused.table == Name("", "t")
            _, _, advice = refused.reason.partition("drop it first: ")
            await load(server, advice)
            again = await compare_with_script(server, new, prove=False)
            assert not again.unreadable
            assert (await run_plan(server.connection, server.dialect, server.info, again.plan)).ok
            assert not (await compare_with_script(server, new)).plan

    run(work())


@pytest.mark.parametrize(
    "dialect", [pytest.param(name, marks=getattr(pytest.mark, name)) for name in ("mysql", "mariadb")]
)
@pytest.mark.tried("a role that may write the tables and see no trigger, or not even the columns")
def test_what_a_role_may_not_see_is_no_drift(dialect: str, fresh_database: NewDatabase) -> None:
    """MariaDB 11.8 lists a trigger without its body for a role that may INSERT; both list tables without columns."""
    script = "CREATE TABLE t (id int PRIMARY KEY, a int)"
    url = fresh_database(dialect)

    async def seen_with(rights: str) -> Comparison:
        async with open_server(url) as owner:
            role, database = f"r_{owner.info.database}", owner.info.database
            await load(owner, [f"CREATE USER {role}", f"GRANT {rights} ON `{database}`.* TO {role}"])
            try:
                async with open_server(as_role(url, role)) as server:
                    return await compare_with_script(server, script, prove=False)
            finally:
                await load(owner, [f"DROP USER {role}"])

    async def setup() -> None:
        async with open_server(url) as owner:
            await load(owner, [script, "CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW SET NEW.a = 1"])

    run(setup())
    writer, deleter = run(seen_with("SELECT, INSERT")), run(seen_with("DELETE"))
    assert not writer.plan
    assert not writer.unreadable
    assert [item.kind for item in writer.old.unsupported] == (["trigger"] if dialect == "mariadb" else [])
    assert [item.kind for item in writer.old.unseen] == ["triggers"]
    assert not deleter.plan
    [unseen] = deleter.unreadable
    assert (unseen.name, unseen.reason) == ("t", "the role may not see its columns (grant SELECT)")


IN_PART = "SELECT (id, a) ON `{database}`.t", "SELECT (id, `a ON b`) ON `{database}`.u", "SELECT (id) ON `{database}`.v"


@pytest.mark.parametrize(
    "dialect", [pytest.param(name, marks=getattr(pytest.mark, name)) for name in ("mysql", "mariadb")]
)
@pytest.mark.tried("a role with grants on single columns")
def test_columns_that_a_role_may_not_see_are_not_called_missing(dialect: str, fresh_database: NewDatabase) -> None:
    """The server lists no trace of them; ``v`` is seen whole by a right of a role."""
    tables = (
        "CREATE TABLE t (id int PRIMARY KEY, a int, b int);"
        "CREATE TABLE u (id int PRIMARY KEY, `a ON b` int); CREATE TABLE v (id int PRIMARY KEY, a int);"
    )
    url = fresh_database(dialect)

    async def work() -> tuple[str, Comparison, Comparison]:
        async with open_server(url) as owner:
            database = owner.info.database
            user, role = f"u_{database}", f"r_{database}"
            await load(owner, [*tables.split(";")[:-1], f"CREATE USER {user}", f"CREATE ROLE {role}"])
            granted = [f"GRANT {rights.format(database=database)} TO {user}" for rights in IN_PART]
            granted += [f"GRANT INSERT ON `{database}`.v TO {role}", f"GRANT {role} TO {user}"]
            active = f"SET DEFAULT ROLE {role} {'TO' if dialect == 'mysql' else 'FOR'} {user}"
            try:
                await load(owner, [*granted, active])
                async with open_server(as_role(url, user)) as server:
                    before = await compare_with_script(server, tables, prove=False)
                    [told] = [item.reason for item in before.unreadable if item.name == "t"]
                    await load(owner, [told.partition("(")[2].removesuffix(" would show all)")])
                    return told, before, await compare_with_script(server, tables, prove=False)
            finally:
                await load(owner, [f"DROP USER {user}", f"DROP ROLE {role}"])

    told, before, after = run(work())
    assert not before.plan
    assert [item.name for item in before.unreadable] == ["t", "u"], "u is whole, which nothing shows"
    assert "GRANT SELECT ON `" in told
    assert not after.plan
    assert [item.name for item in after.unreadable] == ["u"]


@pytest.mark.parametrize(
    "dialect", [pytest.param(name, marks=getattr(pytest.mark, name)) for name in ("mysql", "mariadb")]
)
@pytest.mark.tried("a role with grants on single tables")
def test_tables_that_a_role_may_not_see_are_not_called_missing(dialect: str, fresh_database: NewDatabase) -> None:
    """``u`` is there and the server does not list it; rights on a database that are none on tables show nothing."""
    tables = "CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE u (id int PRIMARY KEY)"
    url, other = fresh_database(dialect), fresh_database(dialect)

    async def work() -> tuple[Comparison, Drift, Drift, Comparison]:
        for place in (url, other):
            async with open_server(place) as server:
                await load(server, tables)
        async with open_server(url) as owner:
            database, user = owner.info.database, f"u_{owner.info.database}"
            await load(owner, [f"CREATE USER {user}", f"GRANT SELECT ON `{database}`.t TO {user}"])
            await load(owner, [f"GRANT EXECUTE, LOCK TABLES, CREATE TEMPORARY TABLES ON `{database}`.* TO {user}"])
            try:
                async with open_server(as_role(url, user)) as server:
                    before = await compare_with_script(server, tables, prove=False)
                    told = before.unreadable[0].reason
                    to, back = [await diff_sources(None, *pair) for pair in _both_ways(as_role(url, user), other)]
                    await load(owner, [told.partition("(")[2].removesuffix(" would show all)")])
                async with open_server(as_role(url, user)) as server:  # rights on a database count when it is entered
                    return before, to, back, await compare_with_script(server, tables, prove=False)
            finally:
                await load(owner, [f"DROP USER {user}"])

    before, to, back, after = run(work())
    assert not before.plan
    assert [item.name for item in before.unreadable] == ["u"]
    for drift in (to, back):
        assert not drift.plan
        assert ("table", "u") in [(item.kind, item.name) for item in drift.unreadable]
    assert not after.plan
    assert not after.unreadable


@pytest.mark.tried("a role with rights on the server of which those on the database are revoked")
def test_what_a_partial_revoke_hides_is_not_called_missing() -> None:
    """As MySQL 9.7 lists them with ``partial_revokes``, a setting of the whole server, which other tests share."""

    class Account:
        dialect = "mysql"

        async def execute(self, sql: str) -> None:
            raise AssertionError(sql)

        async def fetch(self, sql: str, *_: object) -> list[tuple[str, ...]]:
            return [("u@%",)] if "current_user" in sql else [("partial_revokes", "ON")]

        async def close(self) -> None: ...

    everywhere, revoked, single = (
        "GRANT SELECT ON *.* TO `u`@`%`",
        "REVOKE SELECT ON `shop`.* FROM `u`@`%`",
        "GRANT SELECT ON `shop`.`t` TO `u`@`%`",
    )
    shown = [
        (database, run(hidden(Account(), [everywhere, *more], database, ["t"])).tables)
        for database in ("shop", "other")
        for more in ([], [revoked, single])
    ]
    told = "GRANT SELECT ON `shop`.* TO 'u'@'%'"
    assert shown == [("shop", ""), ("shop", told), ("other", ""), ("other", "")]


@pytest.mark.parametrize(
    "dialect", [pytest.param(name, marks=getattr(pytest.mark, name)) for name in ("mysql", "mariadb")]
)
@pytest.mark.tried("a role with grants on single tables")
def test_where_no_table_may_be_extra_those_that_are_hidden_count(dialect: str, fresh_database: NewDatabase) -> None:
    url = fresh_database(dialect)
    wanted = "CREATE TABLE t (id int PRIMARY KEY)"

    async def work() -> list[tuple[bool, list[str]]]:
        async with open_server(url) as owner:
            await load(owner, f"{wanted}; CREATE TABLE extra (id int)")
            database, user = owner.info.database, f"u_{owner.info.database}"
            await load(owner, [f"CREATE USER {user}", f"GRANT SELECT ON `{database}`.t TO {user}"])
            try:
                async with open_server(as_role(url, user)) as server:
                    policies = (Policy(unmanaged="fail"), Policy(unmanaged="ignore"))
                    found = [await compare_with_script(server, wanted, policy) for policy in policies]
                    return [(bool(item.plan), [unread.kind for unread in item.unreadable]) for item in found]
            finally:
                await load(owner, [f"DROP USER {user}"])

    assert run(work()) == [(False, ["database"]), (False, [])]


def _both_ways(left: str, right: str) -> tuple[tuple[str, str], tuple[str, str]]:
    return (left, right), (right, left)


@pytest.mark.parametrize(
    "dialect", [pytest.param(name, marks=getattr(pytest.mark, name)) for name in ("mysql", "mariadb")]
)
@pytest.mark.tried("a role with grants on single columns")
def test_what_is_seen_in_part_is_not_known_from_what_was_seen_whole(dialect: str, fresh_database: NewDatabase) -> None:
    """A column comes that the role may not see: what it is shown stays equal, and is not the digest of before."""
    url = fresh_database(dialect)

    async def work() -> list[str]:
        async with open_server(url) as owner:
            database, user, digests = owner.info.database, f"u_{owner.info.database}", []
            whole = f"SELECT ON `{database}`.* TO {user}"
            await load(owner, ["CREATE TABLE t (id int PRIMARY KEY)", f"CREATE USER {user}", f"GRANT {whole}"])
            try:
                for change in (
                    [],
                    [f"REVOKE {whole.replace(' TO ', ' FROM ')}", f"GRANT SELECT (id) ON `{database}`.t TO {user}"],
                    [f"GRANT {whole}"],
                ):
                    await load(owner, change)
                    async with open_server(as_role(url, user)) as server:
                        digests.append((await dump_unless_known(server, lambda digest: False))[0])
                return digests
            finally:
                await load(owner, [f"DROP USER {user}"])

    seen, in_part, seen_again = run(work())
    assert seen != in_part
    assert seen == seen_again, "rights alone make no difference"
