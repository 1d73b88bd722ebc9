"""Whatever a database holds, looking at it changes nothing: none of its bodies, views and defaults reaches out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest

from pytest_schemadrift.dialects import split_script
from pytest_schemadrift.dialects.postgres.names import literal
from pytest_schemadrift.dialects.postgres.outside import reaches
from pytest_schemadrift.errors import StatementFailed, Unsupported
from pytest_schemadrift.sources.database import ddl_text, dump, open_server
from tests.apply.conftest import Shop, shop  # noqa: F401 - a fixture
from tests.harness import as_role, compare_with_script, load, run

MODELS = """
from tortoise import fields
from tortoise.models import Model

class Book(Model):
    id = fields.IntField(primary_key=True)
    title = fields.CharField(max_length=300)
    pages = fields.IntField(db_default=7)

    class Meta:
        table = "book"
"""
ROWS = "INSERT INTO book (id, title, pages) VALUES (1, 'a', NULL), (2, 'b', 3), (3, 'c', NULL);"
COMMANDS = [
    ["check"],
    ["check", "--format", "json"],
    ["diff"],
    ["diff", "models", "live"],
    ["apply", "--dry-run"],
    ["apply", "--yes", "--dry-run"],
    ["apply", "--yes", "--dry-run", "--no-safe"],
    ["apply", "--yes", "--dry-run", "--no-safe", "--online"],
    ["reverse"],
    ["export"],
]
LOOSE = {
    "postgres": "ALTER TABLE book ALTER pages DROP NOT NULL, ALTER pages DROP DEFAULT;",
    "mysql": "ALTER TABLE book MODIFY pages INT NULL;",
    "mariadb": "ALTER TABLE book MODIFY pages INT NULL;",
}
EVENTS = [(timing, event) for timing in ("BEFORE", "AFTER") for event in ("INSERT", "UPDATE", "DELETE")]


def mysql_objects(place: str) -> list[str]:
    """Triggers on every event, views, routines and an event that name tables at ``place``."""
    found = [
        "CREATE TABLE queue (id INT PRIMARY KEY, note VARCHAR(20))",
        "INSERT INTO queue VALUES (1, 'a'), (2, 'b'), (3, 'c')",
        f"CREATE FUNCTION taken() RETURNS INT READS SQL DATA RETURN (SELECT count(*) FROM {place}queue)",
        f"CREATE PROCEDURE empty_it() DELETE FROM {place}queue",
        f"CREATE EVENT later ON SCHEDULE AT '2037-01-01' DO DELETE FROM {place}queue",
        f"CREATE VIEW both_of AS SELECT b.id, q.note FROM book b JOIN {place}queue q ON q.id = b.id",
    ]
    found += [
        f"CREATE TRIGGER {timing.lower()}_{event.lower()} {timing} {event} ON book FOR EACH ROW "
        f"BEGIN DELETE FROM {place}queue WHERE id > 1; INSERT INTO {place}queue VALUES (7, 'x'); END"
        for timing, event in EVENTS
    ]
    return found


async def _everything(url: str) -> str:
    """All rows and definitions of a database, as text."""
    async with open_server(url) as server:
        fetch, found = server.connection.fetch, []
        if server.dialect.name == "postgres":
            names = await fetch(
                "SELECT oid::regclass::text FROM pg_class WHERE relkind IN ('r', 'S', 'm') "
                "AND relnamespace::regnamespace::text !~ '^pg_|^inf' ORDER BY 1"
            )
            found = [
                (name, await fetch(f"SELECT row_to_json(t.*)::text FROM (SELECT * FROM {name}) AS t ORDER BY 1"))
                for (name,) in names
            ]
            found.append(await fetch("SELECT relname::text, relkind::text FROM pg_class WHERE oid >= 16384 ORDER BY 1"))
            return repr((found, await fetch("SELECT oid::text, proname::text FROM pg_proc WHERE oid >= 16384")))
        if server.dialect.name == "sqlite":
            names = await fetch("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
            found = [await fetch(f'SELECT * FROM "{name}"') for (name,) in names]
            return repr((found, await fetch("SELECT * FROM sqlite_master")))
        for name, kind in await fetch("SHOW FULL TABLES"):
            word = "SEQUENCE" if kind == "SEQUENCE" else "TABLE"
            found += [name, await fetch(f"SHOW CREATE {word} `{name}`")]
            found.append(await fetch(f"SELECT * FROM `{name}`"))
        found.append(await fetch("SHOW TRIGGERS"))
        return repr(found)


@dataclass
class Around:
    """A project with a drifted database that is full of objects, and a second database that they may name."""

    project: Shop
    other: str

    def state(self) -> str:
        return run(_everything(self.project.url)) + run(_everything(self.other))

    def hold(self) -> dict[str, str]:
        """Run every command that only looks: nothing changes; what each of them said."""
        before, said = self.state(), {}
        for command in COMMANDS:
            done = self.project.run(*command)
            assert "Traceback" not in done.stderr and "Usage:" not in done.stderr, done.stderr
            assert self.state() == before, f"{' '.join(command)} changed something\n{done.stdout}"
            said[" ".join(command)] = done.stdout + done.stderr
        return said


def _name(url: str) -> str:
    return urlsplit(url).path.strip("/")


@pytest.fixture
def around(shop: Callable[..., Shop], fresh_database: Callable[[str], str]) -> Callable[..., Around]:  # noqa: F811
    """Make a drifted project, its database full of ``objects``, which are made from the names of both databases."""

    def make(dialect: str, objects: Callable[[str, str], list[str]], elsewhere: list[str]) -> Around:
        other = fresh_database(dialect)
        run(_load(other, elsewhere))
        project = shop(dialect, LOOSE.get(dialect, ""), MODELS)
        if dialect == "sqlite":
            project.sql(
                "DROP TABLE book; CREATE TABLE book (id INTEGER PRIMARY KEY NOT NULL, title VARCHAR(300) NOT NULL, "
                "pages INT);"
            )
        project.sql(ROWS)
        run(_load(project.url, objects(_name(project.url), _name(other) if dialect != "sqlite" else other)))
        return Around(project, other)

    return make


async def _load(url: str, statements: list[str]) -> None:
    async with open_server(url) as server:
        await load(server, statements)


QUEUE = ["CREATE TABLE queue (id INT PRIMARY KEY, note VARCHAR(20))", "INSERT INTO queue VALUES (1, 'a'), (2, 'b')"]
BOTH = [pytest.param(name, marks=getattr(pytest.mark, name)) for name in ("mariadb", "mysql")]


@pytest.mark.tried("looking at a database whose triggers, views, routines and events name tables of it or of others")
@pytest.mark.parametrize("place", ["nothing", "the live database", "another database"])
@pytest.mark.parametrize("dialect", BOTH)
def test_no_trigger_runs_and_nothing_leaves_the_scratch_database(
    dialect: str, place: str, around: Callable[..., Around]
) -> None:
    def objects(live: str, other: str) -> list[str]:
        return mysql_objects(
            {"nothing": "", "the live database": f"`{live}`.", "another database": f"{other} . "}[place]
        )

    made = around(dialect, objects, QUEUE)
    said = made.hold()
    dry = said["apply --yes --dry-run --no-safe"]
    if place == "nothing":
        assert "proven: the plan was run on a scratch copy with 6 rows" in dry
    else:
        assert "NOT proven, nothing is run: trigger after_delete of book names another database (" in dry
        assert "not proven: trigger after_delete of book names another database (" in said["check"]


@pytest.mark.tried("looking at a database whose defaults take numbers from a sequence")
@pytest.mark.mariadb
@pytest.mark.parametrize("whose", ["its own", "of another database"])
def test_a_sequence_gives_no_number_away(whose: str, around: Callable[..., Around]) -> None:
    def objects(live: str, other: str) -> list[str]:
        place = live if whose == "its own" else other
        own = ["CREATE SEQUENCE sq START WITH 5"]
        return [*own, f"ALTER TABLE book ADD COLUMN number BIGINT DEFAULT nextval(`{place}`.sq), ADD COLUMN x INT"]

    made = around("mariadb", objects, ["CREATE SEQUENCE sq START WITH 5"])
    said = made.hold()
    dry = said["apply --yes --dry-run --no-safe"]
    if whose == "its own":
        assert "proven: the plan was run on a scratch copy" in dry
        assert f"`{_name(made.project.url)}`" not in said["export"]
    else:
        assert "NOT proven, nothing is run: table book names another database (" in dry


def postgres_objects(other: str, extras: list[str]) -> list[str]:
    """Triggers on every event whose functions write large objects' files and other sessions, and what else acts."""
    found = [
        "CREATE TABLE queue (id int PRIMARY KEY, note text)",
        "INSERT INTO queue VALUES (1, 'a'), (2, 'b'), (3, 'c')",
        "CREATE SEQUENCE sq START 5",
        "ALTER TABLE book ADD COLUMN number bigint DEFAULT nextval('public.sq'), ADD COLUMN x int",
        "CREATE FUNCTION acts() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN DELETE FROM public.queue; "
        "PERFORM nextval('public.sq'); RETURN NULL; END$$",
        "CREATE FUNCTION elsewhere(n int) RETURNS int LANGUAGE plpgsql AS $$BEGIN "
        f"PERFORM dblink_exec('dbname={other}', 'DELETE FROM queue'); RETURN n; END$$",
        "CREATE FUNCTION doubled(n int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT n * 2'",
        "CREATE FUNCTION tripled(n int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$BEGIN RETURN doubled(n) + n; END$$",
        "CREATE VIEW both_of AS SELECT b.id, q.note, doubled(b.id) FROM book b JOIN queue q ON q.id = b.id",
        "ALTER TABLE queue ENABLE ROW LEVEL SECURITY",
        "CREATE POLICY own ON queue USING (doubled(id) > 0)",
        "CREATE FUNCTION on_ddl() RETURNS event_trigger LANGUAGE plpgsql AS $$BEGIN DELETE FROM public.queue; END$$",
    ]
    found += [
        f"CREATE TRIGGER {timing.lower()}_{event.lower()}_{level.lower()} {timing} {event} ON book FOR EACH {level} "
        "EXECUTE FUNCTION acts()"
        for timing, event in EVENTS
        for level in ("ROW", "STATEMENT")
    ]
    return [*found, *extras, "CREATE EVENT TRIGGER on_any ON ddl_command_start EXECUTE FUNCTION on_ddl()"]


POSTGRES_EXTRAS = {
    "nothing": ([], "proven: the plan was run on a scratch copy with 6 rows"),
    "a function in a check": (
        ["ALTER TABLE book ADD CHECK (tripled(id) > 0)"],
        "proven: the plan was run on a scratch copy with 6 rows",
    ),
    "a function in a generated column": (
        ["ALTER TABLE book ADD COLUMN three int GENERATED ALWAYS AS (tripled(id)) STORED"],
        "proven: the plan was run on a scratch copy with 6 rows",
    ),
    "a function that reaches out in a check": (
        ["ALTER TABLE book ADD CHECK (elsewhere(pages) > 0) NOT VALID"],
        "proven, without function elsewhere(n integer): it calls dblink_exec, which reaches outside of its database",
    ),
}


@pytest.mark.tried("looking at a database whose functions act in triggers, defaults, checks and policies")
@pytest.mark.parametrize("story", POSTGRES_EXTRAS)
@pytest.mark.postgres
def test_functions_are_carried_into_the_copy_where_they_stay_inside(story: str, around: Callable[..., Around]) -> None:
    extras, expected = POSTGRES_EXTRAS[story]

    def objects(live: str, other: str) -> list[str]:
        return postgres_objects(other, extras)

    made = around("postgres", objects, QUEUE)
    said = made.hold()
    assert expected in said["apply --yes --dry-run --no-safe"]


WRITING = """
CREATE TABLE seen (id serial PRIMARY KEY, who text); CREATE SEQUENCE looks;
CREATE FUNCTION noted(n int) RETURNS int LANGUAGE plpgsql AS
  $$BEGIN INSERT INTO public.seen (who) VALUES (current_user); PERFORM setval('public.looks', 77); RETURN n; END$$;
"""
READ_BY = {
    "row security": "ALTER TABLE book ENABLE ROW LEVEL SECURITY; ALTER TABLE book FORCE ROW LEVEL SECURITY; "
    "CREATE POLICY noted ON book USING (noted(id) > 0);",
    "a cast": """
        CREATE TYPE mood AS ENUM ('sad'); ALTER TABLE book ADD COLUMN mood mood DEFAULT 'sad';
        CREATE FUNCTION shown(m mood) RETURNS json LANGUAGE plpgsql AS
          $$BEGIN PERFORM noted(1); RETURN to_json('sad'::text); END$$;
        CREATE CAST (mood AS json) WITH FUNCTION shown(mood);
        """,
}


async def _noted(url: str) -> list[tuple[object, ...]]:
    async with open_server(url) as server:
        rows = await server.connection.fetch("SELECT (SELECT count(*) FROM seen), last_value FROM looks")
        return [tuple(row) for row in rows]


@pytest.mark.tried("looking at rows that call a function which writes, where they are read")
@pytest.mark.parametrize("what", READ_BY)
@pytest.mark.postgres
def test_reading_rows_writes_nothing(what: str, around: Callable[..., Around]) -> None:
    made = around("postgres", lambda live, other: split_script(WRITING + READ_BY[what], "postgres"), QUEUE)
    owner, role = made.project.url, f"reader_of_{_name(made.project.url)}"
    made.project.sql(
        f"CREATE ROLE {role} LOGIN CREATEDB; GRANT ALL ON SCHEMA public TO {role}; "
        f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}; GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {role}; "
        f"ALTER TABLE book OWNER TO {role};"
    )
    try:
        made.project.use(as_role(owner, role))
        for command in (["plan", "-o", "a.json"], ["apply", "--dry-run"], ["apply", "--yes", "--dry-run", "--no-safe"]):
            said = made.project.run(*command)
            assert run(_noted(owner)) == [(0, 1)], f"{' '.join(command)} changed something\n{said.stdout}"
            assert "NOT proven, nothing is run: " in said.stdout, said.stdout + said.stderr
            assert "reading these rows would write" in said.stdout
    finally:
        made.project.use(owner)
        made.project.sql(f"REASSIGN OWNED BY {role} TO CURRENT_USER; DROP OWNED BY {role}; DROP ROLE {role};")


FAR = """
CREATE FUNCTION far(n int) RETURNS int LANGUAGE plpgsql AS $$BEGIN {body}; RETURN n; END$$;
CREATE FUNCTION through(n int) RETURNS int LANGUAGE sql AS 'SELECT far(n)';
CREATE FUNCTION alike(a int, b int) RETURNS boolean LANGUAGE plpgsql AS $$BEGIN RETURN through(a) = b; END$$;
CREATE OPERATOR === (LEFTARG = int, RIGHTARG = int, FUNCTION = alike);
CREATE DOMAIN positive AS int CHECK (through(VALUE) > 0);
CREATE VIEW seen AS SELECT through(id) AS id FROM queue;
CREATE TYPE mood AS ENUM ('sad');
CREATE FUNCTION shown(m mood) RETURNS json LANGUAGE plpgsql AS $$BEGIN RETURN to_json(through(1)); END$$;
CREATE TABLE book (id int); INSERT INTO book VALUES (1), (2); ALTER TABLE book OWNER TO {role};
ALTER TABLE book ENABLE ROW LEVEL SECURITY; ALTER TABLE book FORCE ROW LEVEL SECURITY;
GRANT SELECT ON queue, seen TO {role};
"""
HELD_BY = {
    "a function": "through(id) > 0",
    "an operator": "id === 1",
    "a domain": "id::positive > 0",
    "a view": "EXISTS (SELECT FROM seen s WHERE s.id = book.id)",
}
"""What row security stands on."""
ASKED = "SELECT count(*) AS number FROM book"


@pytest.mark.tried("looking at rows that call a function which reaches out of the database, where they are read")
@pytest.mark.parametrize("runs_text", [False, True], ids=["as it is", "as a text"])
@pytest.mark.postgres
def test_reading_rows_reaches_nowhere(runs_text: bool, fresh_database: Callable[[str], str]) -> None:
    """No read-only transaction keeps a function from files, programs and other servers: this one writes a file."""
    url = fresh_database("postgres")
    role = f"reader_of_{_name(url)}"

    async def work() -> None:
        async with open_server(url) as server:
            fetch, look = server.connection.fetch, server.dialect.look
            [(folder,)] = await fetch("SELECT current_setting('data_directory')")
            file = f"{folder}/seen_by_{role}"
            body = f"COPY (SELECT 1) TO '{file}'"
            body = f"EXECUTE {literal(body)}" if runs_text else body
            await load(server, f"CREATE ROLE {role}; GRANT pg_write_server_files TO {role}")
            await load(server, [*QUEUE, *split_script(FAR.format(body=body, role=role), "postgres")])
            try:
                for condition in HELD_BY.values():
                    await load(server, f"CREATE POLICY held ON book USING ({condition}); SET ROLE {role}")
                    with pytest.raises(StatementFailed, match=r"would call function far.*reaches outside"):
                        await look(server.connection, ASKED)
                    await load(server, "RESET ROLE; DROP POLICY held ON book")
                with pytest.raises(StatementFailed, match="would call function far"):  # as the models' CHECK is counted
                    await look(server.connection, f"{ASKED} WHERE NOT (through(id) > 0)")
                assert await look(server.connection, ASKED) == [(2,)]  # row security does not hold a superuser back
                rows = "SELECT row_to_json(r.*)::text FROM (SELECT 'sad'::mood AS m FROM book) AS r"
                assert len(await look(server.connection, rows)) == 2
                await load(server, "CREATE CAST (mood AS json) WITH FUNCTION shown(mood)")
                with pytest.raises(StatementFailed, match="would call function far"):
                    await look(server.connection, rows)
                assert await fetch("SELECT modification FROM pg_stat_file($1, true)", file) == [(None,)]
                await fetch("SELECT through(1)")
                assert await fetch("SELECT modification FROM pg_stat_file($1, true)", file) != [(None,)]
            finally:
                await load(server, f"RESET ROLE; REASSIGN OWNED BY {role} TO CURRENT_USER; DROP OWNED BY {role}")
                await load(server, f"DROP ROLE {role}")

    run(work())


@pytest.mark.parametrize(
    "inside",
    [
        'CREATE TABLE "http_log" ("id" uuid, FOREIGN KEY ("a") REFERENCES "http_header" ("id"))',
        "CREATE TABLE IF NOT EXISTS public.dblink_log (id integer)",
        'CREATE UNIQUE INDEX "i" ON "public"."http_log" ("name")',
        """INSERT INTO "http_log" ("id") VALUES ('http_get(1)')""",
        "SELECT 1 /* http_get(1) /* */ dblink() */ -- http_get(1)",
        "CREATE TABLE t (a text DEFAULT $$it's$$)",
    ],
)
def test_a_table_whose_name_begins_as_a_function_does_is_no_call(inside: str) -> None:
    assert reaches(inside) == ""


@pytest.mark.parametrize(
    "call",
    [
        "CREATE TABLE http_log (a integer CHECK (http_get(a) > 0))",
        "CREATE INDEX i ON t (http_get(a))",
        "SELECT * FROM a JOIN index x ON http_get(1)",
        'SELECT "http_get" (1), "http" (2)',
        """SELECT "cron"."schedule"('x')""",
        """SELECT 1 AS "a'", http_get(1), 2 AS "b'\"""",
        'SELECT 1 AS "a--b", http_get(1)',
        'SELECT 1 AS "x into ", http_get(1) AS "y"',
        "SELECT /* /* */ ' */ http_get('x')",
        "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $f$BEGIN x := $a$it's$a$; PERFORM http_get('x'); END$f$",
        "SELECT $a$ x $A$ 'y $a$, http_get('z')",
        r"SELECT E'\'' || http_get('x') || ''",
    ],
)
def test_a_call_is_seen_whatever_stands_beside_it(call: str) -> None:
    assert "reaches outside" in reaches(call)


@pytest.mark.slow
@pytest.mark.tried("looking at a database whose triggers, views, routines and events name tables of it or of others")
@pytest.mark.sqlite
def test_a_scratch_database_in_memory_attaches_nothing(around: Callable[..., Around]) -> None:
    def objects(live: str, other: str) -> list[str]:
        found = [
            "CREATE TABLE queue (id INT PRIMARY KEY, note VARCHAR(20))",
            "INSERT INTO queue VALUES (1, 'a'), (2, 'b'), (3, 'c')",
            "CREATE VIEW both_of AS SELECT b.id, q.note FROM book b JOIN queue q ON q.id = b.id",
        ]
        return found + [
            f"CREATE TRIGGER {timing.lower()}_{event.lower()} {timing} {event} ON book FOR EACH ROW "
            "BEGIN DELETE FROM queue WHERE id > 1; END"
            for timing, event in EVENTS
        ]

    made = around("sqlite", objects, QUEUE)
    said = made.hold()
    assert "proven: the plan was run on a scratch copy with 6 rows" in said["apply --yes --dry-run --no-safe"]

    async def attach() -> None:
        async with open_server(made.project.url) as server:
            opened = server.dialect.open_scratch(server.connection, server.url, server.info)
            async with opened as scratch:
                with pytest.raises(Unsupported, match="reaches outside"):
                    await scratch.execute(f"ATTACH '{made.project.url}' AS live")
                with pytest.raises(StatementFailed, match="too many attached databases"):
                    await scratch.fetch("ATTACH ':memory:' AS live")

    run(attach())


@pytest.mark.tried("looking at a database whose defaults take numbers from a sequence")
@pytest.mark.mariadb
def test_an_export_recreates_its_sequences(fresh_database: Callable[[str], str]) -> None:
    url, empty = fresh_database("mariadb"), fresh_database("mariadb")

    async def exported() -> str:
        async with open_server(url) as server:
            await load(server, ["CREATE SEQUENCE sq START WITH 5 INCREMENT BY 2"])
            await load(
                server, ["CREATE TABLE t (id BIGINT DEFAULT nextval(sq) PRIMARY KEY)", "INSERT INTO t VALUES ()"]
            )
            text = ddl_text(await dump(server), server.dialect, server.info)
        async with open_server(empty) as server:
            await load(server, text)
            await load(server, "INSERT INTO t VALUES ()")
            assert await server.connection.fetch("SELECT id FROM t") == [(5,)]
            again = await compare_with_script(server, text)
            assert (again.plan.sql(), again.compared, again.unreadable) == ([], "static", ())
        return text

    text = run(exported())
    assert urlsplit(url).path.strip("/") not in text
