"""An unqualified name means what the server takes it to mean, and nothing is ever made in front of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pytest_schemadrift.planning.policy import Policy
from pytest_schemadrift.sources.database import SchemaExporter, dump, open_server
from tests.apply.conftest import Shop
from tests.harness import compare_with_script, load, run

ShopMaker = Callable[..., Shop]

pytestmark = [pytest.mark.postgres, pytest.mark.tried("a schema in front of the one that has the tables")]

OWN = "front"
"""The empty schema that comes before ``public`` in the search path."""

MODELS = """
from tortoise import fields
from tortoise.models import Model

class Tag(Model):
    id = fields.IntField(primary_key=True)
    name = fields.CharField(max_length=30)

    class Meta:
        table = "tag"

class Note(Model):
    id = fields.IntField(primary_key=True)
    text = fields.CharField(max_length=200)
    tags = fields.ManyToManyField("shop.Tag", related_name="notes", through="note_tag")

    class Meta:
        table = "note"
        indexes = (("text",),)
"""
WIDER = MODELS.replace("max_length=200", "max_length=400").replace(
    'class Meta:\n        table = "note"',
    'more = fields.IntField(null=True)\n\n    class Meta:\n        table = "note"',
)
WITH_NEW = (
    MODELS
    + """
class Word(Model):
    id = fields.IntField(primary_key=True)
    note = fields.ForeignKeyField("shop.Note", related_name="words")

    class Meta:
        table = "word"
"""
)
ALONE = """
from tortoise import fields
from tortoise.models import Model

class Tag(Model):
    id = fields.IntField(primary_key=True)
    name = fields.CharField(max_length=20)

    class Meta:
        table = "tag"
"""
ROWS = """
INSERT INTO public.tag VALUES (1, 'red');
INSERT INTO public.note VALUES (1, 'a'), (2, 'b'), (3, 'c');
INSERT INTO public.note_tag (note_id, tag_id) VALUES (1, 1), (2, 1);
"""


def _user_schema(shop: Shop) -> str:
    ((user,),) = shop.fetch("SELECT current_user::text")
    shop.sql(f'CREATE SCHEMA "{user}"')
    return str(user)


def _on_database(shop: Shop) -> str:
    ((name,),) = shop.fetch("SELECT current_database()::text")
    shop.sql(f'CREATE SCHEMA {OWN}; ALTER DATABASE "{name}" SET search_path = {OWN}, public')
    return OWN


def _on_role(shop: Shop) -> str:
    ((name, user),) = shop.fetch("SELECT current_database()::text, current_user::text")
    shop.sql(f'CREATE SCHEMA {OWN}; ALTER ROLE "{user}" IN DATABASE "{name}" SET search_path = {OWN}, public')
    return OWN


def _in_url(shop: Shop) -> str:
    shop.sql(f"CREATE SCHEMA {OWN}")
    shop.use(shop.url + ("&" if "?" in shop.url else "?") + f"schema={OWN},public")
    return OWN


WAYS = pytest.mark.parametrize("way", [_user_schema, _on_database, _on_role, _in_url])


def _counts(shop: Shop) -> list[object]:
    """How many rows the application finds under each unqualified name."""
    return [shop.fetch(f"SELECT count(*) FROM {table}")[0][0] for table in ("note", "tag", "note_tag")]


def _schemas(shop: Shop) -> dict[str, str]:
    rows = shop.fetch(
        "SELECT relname::text, relnamespace::regnamespace::text FROM pg_class "
        "WHERE relkind IN ('r', 'S', 'i') AND relnamespace::regnamespace::text !~ '^pg_|^information_schema$'"
    )
    return {str(name): str(schema) for name, schema in rows}


@WAYS
def test_tables_further_on_in_the_path_are_the_models_own(shop: ShopMaker, way: Callable[[Shop], str]) -> None:
    made = shop("postgres", ROWS, MODELS)
    way(made)
    checked = made.run("check")
    assert (checked.returncode, checked.stderr) == (0, ""), checked.stdout
    assert "unmanaged" not in checked.stdout
    assert made.run("apply", "--yes").returncode == 0
    assert _counts(made) == [3, 1, 2]
    assert set(_schemas(made).values()) == {"public"}


@WAYS
def test_drift_is_found_and_fixed_where_the_table_is(shop: ShopMaker, way: Callable[[Shop], str]) -> None:
    made = shop("postgres", ROWS, MODELS)
    way(made)
    made.models(WIDER)
    checked = made.run("check")
    assert checked.returncode == 1
    assert "CREATE TABLE" not in checked.stdout
    assert "shop_models.py:" in checked.stdout
    applied = made.run("apply", "--yes")
    assert applied.returncode == 0, applied.stdout + applied.stderr
    assert _counts(made) == [3, 1, 2]
    assert set(_schemas(made).values()) == {"public"}
    assert made.run("check").returncode == 0


@WAYS
def test_what_is_new_is_made_where_a_plain_create_makes_it(shop: ShopMaker, way: Callable[[Shop], str]) -> None:
    made = shop("postgres", ROWS, MODELS)
    front = way(made)
    made.models(WITH_NEW)
    applied = made.run("apply", "--yes")
    assert applied.returncode == 0, applied.stdout + applied.stderr
    schemas = _schemas(made)
    assert (schemas.pop("word"), schemas["note"]) == (front, "public")
    assert _counts(made) == [3, 1, 2]
    assert made.run("check").returncode == 0


@WAYS
@pytest.mark.parametrize(
    "there", ["VIEW {} AS SELECT 1 AS id", "SEQUENCE {}", "MATERIALIZED VIEW {} AS SELECT 1 AS id"]
)
def test_a_table_is_not_made_in_front_of_something_of_its_name(
    shop: ShopMaker, way: Callable[[Shop], str], there: str
) -> None:
    made = shop("postgres", "CREATE " + there.format("public.word"), MODELS)
    way(made)
    made.models(WITH_NEW)
    checked = made.run("check")
    assert checked.returncode == 2, checked.stdout
    assert "of that name" in checked.stdout
    made.run("apply", "--yes")
    assert _schemas(made).get("word", "public") == "public"


@pytest.mark.parametrize(
    ("there", "word"),
    [
        ("CREATE TYPE front.note AS (a integer)", "a composite type"),
        ("CREATE TABLE front.other (a integer); CREATE INDEX note ON front.other (a)", "an index"),
        ("CREATE TABLE front.other (a integer, CONSTRAINT note PRIMARY KEY (a))", "an index"),
        ("CREATE MATERIALIZED VIEW front.other AS SELECT 1 AS a; CREATE INDEX note ON front.other (a)", "an index"),
    ],
)
def test_what_has_no_rows_hides_the_table_of_its_name_further_on(shop: ShopMaker, there: str, word: str) -> None:
    made = shop("postgres", ROWS, MODELS)
    _on_database(made)
    assert made.run("check").returncode == 0
    made.sql(there)
    checked = made.run("check")
    assert checked.returncode == 2, checked.stdout
    assert f"the database has {word} of that name" in checked.stdout, checked.stdout
    made.models(WIDER)
    made.run("apply", "--yes")
    assert made.fetch("SELECT count(*) FROM public.note") == [(3,)]
    assert made.fetch("SELECT to_regclass('note')::text") == [("note",)]
    assert made.fetch("SELECT relkind::text FROM pg_class WHERE oid = to_regclass('note')") != [("r",)]


@pytest.mark.parametrize("what", ["TABLE", "VIEW", "SEQUENCE", "TYPE"])
def test_what_an_extension_made_in_front_hides_the_table_of_its_name(shop: ShopMaker, what: str) -> None:
    """``ALTER EXTENSION`` makes of anything what an extension's own script makes."""
    made = shop("postgres", ROWS, MODELS)
    _on_database(made)
    how = {"TABLE": "(a integer)", "VIEW": "AS SELECT 1 AS id", "SEQUENCE": "", "TYPE": "AS (a integer)"}[what]
    made.sql(f"CREATE {what} front.note {how}; ALTER EXTENSION plpgsql ADD {what} front.note")
    for command in (["check"], ["apply", "--yes"]):
        done = made.run(*command)
        assert done.returncode == (2 if command == ["check"] else 1), done.stdout
        assert "the database has something of the extension plpgsql of that name" in done.stdout, done.stdout
    assert made.fetch("SELECT count(*) FROM public.note") == [(3,)]
    made.sql(f"ALTER EXTENSION plpgsql DROP {what} front.note; DROP {what} front.note")
    assert made.run("check").returncode == 0


@pytest.mark.parametrize("path", ["public", "front, public"])
def test_a_table_of_an_extension_is_not_made_again(shop: ShopMaker, path: str) -> None:
    made = shop("postgres", models=ALONE)
    made.sql("DROP TABLE IF EXISTS tag CASCADE; CREATE TABLE public.tag (a integer); CREATE SCHEMA IF NOT EXISTS front")
    made.sql("ALTER EXTENSION plpgsql ADD TABLE public.tag")
    made.sql(f"DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = {path}', current_database()); END $$")
    done = made.run("apply", "--yes")
    assert done.returncode == 2, done.stdout
    assert "the database has something of the extension plpgsql of that name" in done.stdout, done.stdout
    assert made.fetch("SELECT to_regclass('front.tag')") == [(None,)]
    made.sql("ALTER EXTENSION plpgsql DROP TABLE public.tag")


def test_the_first_of_two_tables_is_meant_and_the_second_left_alone(shop: ShopMaker) -> None:
    made = shop("postgres", models=ALONE)
    front = _on_database(made)
    made.sql(f"CREATE TABLE {front}.tag (id serial PRIMARY KEY, name varchar(10) NOT NULL)")
    applied = made.run("apply", "--yes")
    assert applied.returncode == 0, applied.stdout + applied.stderr
    lengths = made.fetch(
        "SELECT attrelid::regclass::text, atttypmod - 4 FROM pg_attribute "
        "WHERE attname = 'name' AND attrelid IN (to_regclass('front.tag'), to_regclass('public.tag')) ORDER BY 1"
    )
    assert lengths == [("public.tag", 20), ("tag", 20)]
    made.models(ALONE.replace("max_length=20", "max_length=40"))
    assert made.run("apply", "--yes").returncode == 0
    assert made.fetch(
        "SELECT atttypmod - 4 FROM pg_attribute WHERE attrelid = 'public.tag'::regclass AND attnum = 2"
    ) == [(20,)]


def test_an_explicit_default_schema_is_in_sync(shop: ShopMaker) -> None:
    made = shop("postgres", ROWS, MODELS)
    _on_database(made)
    made.models(MODELS.replace('table = "tag"', 'table = "tag"\n        schema = "public"'))
    checked = made.run("check")
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_a_renamed_table_stays_in_its_schema(shop: ShopMaker) -> None:
    made = shop("postgres", ROWS, MODELS)
    _on_database(made)
    made.models(MODELS.replace('table = "note"', 'table = "notes"'))
    said = made.run("check").stdout
    assert "--rename public.note=notes" in said
    assert "--rename public.note_tag.note_id=notes_id" in said
    applied = made.run("apply", "--yes", "--rename", "public.note=notes", "--rename", "note_tag.note_id=notes_id")
    assert made.run("check").returncode == 0, applied.stdout + applied.stderr
    assert [made.fetch(f"SELECT count(*) FROM {name}")[0][0] for name in ("public.notes", "public.note_tag")] == [3, 2]


def test_an_answer_that_was_heeded_is_none_for_a_table_further_on(shop: ShopMaker) -> None:
    """The models' table was taken for that one, and the renamed one was extra: it would have been dropped."""
    made = shop("postgres", ROWS, MODELS, settings='unmanaged = "fail"\nrenames = ["notes=note"]\n')
    _on_database(made)
    made.sql(f"CREATE TABLE {OWN}.notes (id int)")
    made.use(made.url + ("&" if "?" in made.url else "?") + f"schema=public,{OWN}")
    for options in ((), ("--rename", "notes=note")):
        said = made.run("check", *options).stdout
        assert f"table {OWN}.notes is extra" in said
        assert ": 1 change (1 destructive) from live to models" in said


TYPES = """
CREATE TYPE mood AS ENUM ('sad', 'happy');
CREATE DOMAIN positive AS integer CHECK (VALUE > 0);
CREATE SEQUENCE ticket;
CREATE TABLE item (
  id integer PRIMARY KEY DEFAULT nextval('ticket'),
  feeling mood NOT NULL DEFAULT 'sad',
  amount positive,
  CHECK (feeling <> 'happy'::mood OR amount IS NOT NULL)
);
CREATE INDEX happy ON item (id) WHERE feeling = 'happy'::mood;
"""


@pytest.mark.parametrize("prove", [True, False])
def test_types_and_sequences_of_a_script_are_found_further_on(
    fresh_database: Callable[[str], str], prove: bool
) -> None:
    async def work() -> None:
        url = fresh_database("postgres")
        async with open_server(url) as server:
            await load(server, TYPES + "CREATE SCHEMA front; INSERT INTO item VALUES (1, 'happy', 2);")
        async with open_server(url + ("&" if "?" in url else "?") + "schema=front,public") as server:
            assert not (await compare_with_script(server, TYPES)).plan
            more = TYPES.replace("('sad', 'happy')", "('sad', 'happy', 'calm')").replace(
                "amount pos", "note text, amount pos"
            )
            found = await compare_with_script(server, more, Policy(whole=True), prove=prove)
            for sql in found.plan.sql():
                await server.connection.execute(sql)
            assert not (await compare_with_script(server, more)).plan
            ((schemas,),) = await server.connection.fetch(
                "SELECT array_agg(DISTINCT typnamespace::regnamespace::text) FROM pg_type "
                "WHERE typname IN ('mood', 'positive', 'item')"
            )
            assert schemas == ["public"]

    run(work())


@pytest.mark.tried("a temporary table in front of a table of its name")
def test_a_temporary_table_of_the_users_session_is_not_the_table(fresh_database: Callable[[str], str]) -> None:
    async def work() -> None:
        async with open_server(fresh_database("postgres")) as server:
            await load(server, "CREATE TABLE note (id integer PRIMARY KEY); CREATE TEMP TABLE note (other text);")
            found = await dump(server)
            assert [(table.name.schema, table.columns[0].name) for table in found.tables] == [("", "id")]
            plan = (await compare_with_script(server, "CREATE TABLE note (id integer PRIMARY KEY, n integer);")).plan
            for sql in plan.sql():
                await server.connection.execute(sql)
            rows = await server.connection.fetch("SELECT * FROM information_schema.columns WHERE column_name = 'n'")
            assert [row["table_schema"] for row in rows] == ["public"]

    run(work())


@pytest.mark.tried("a temporary table in front of a table of its name")
@pytest.mark.parametrize("dialect", ["mysql", "mariadb", "sqlite"])
def test_temporary_tables_are_none_of_the_database(dialect: str, fresh_database: Callable[[str], str]) -> None:
    async def work() -> None:
        async with open_server(fresh_database(dialect)) as server:
            await load(server, "CREATE TABLE note (id integer PRIMARY KEY);")
            before = await dump(server)
            await load(server, "CREATE TEMPORARY TABLE note (other text); CREATE TEMPORARY TABLE alone (id integer);")
            # A13: only MariaDB has them in its catalog
            assert await dump(server) == before

    run(work())


@pytest.mark.tried("a temporary table in front of a table of its name")
@pytest.mark.parametrize("dialect", ["mysql", "mariadb"])
def test_a_temporary_table_in_front_of_one_with_an_index_that_only_its_text_tells(
    dialect: str, fresh_database: Callable[[str], str]
) -> None:
    """SHOW CREATE TABLE tells of the temporary table; so the other cannot be told, and is not taken to be another."""

    async def work() -> None:
        async with open_server(fresh_database(dialect)) as server:
            parser = " WITH PARSER ngram" if dialect == "mysql" else ""
            await load(server, f"CREATE TABLE note (id integer PRIMARY KEY, b text, FULLTEXT INDEX f (b){parser});")
            await load(server, "CREATE TEMPORARY TABLE note (other text);")
            found = await dump(server)
            assert found.tables == ()
            reason = "a temporary table of this session hides it"
            assert [(item.name, item.reason) for item in found.unsupported] == [("note", reason)]

    run(work())


@pytest.mark.sqlite
@pytest.mark.tried("attached and temporary databases beside the one that is looked at")
def test_a_database_that_is_attached_is_none_of_ours(fresh_database: Callable[[str], str]) -> None:
    """Of two tables of one name the kinds differ: STRICT, without a rowid, virtual, a view."""
    other = """
        CREATE TABLE {0}.note (id INTEGER PRIMARY KEY, other TEXT) STRICT;
        CREATE TABLE {0}.word (id TEXT PRIMARY KEY, b TEXT UNIQUE REFERENCES word (id)) WITHOUT ROWID;
        CREATE VIEW {0}.thing AS SELECT 1 AS x; CREATE TABLE {0}.seen (y INT);
        CREATE TABLE {0}.alone (id INTEGER PRIMARY KEY AUTOINCREMENT); CREATE INDEX {0}.i ON note (other);
    """

    async def work() -> None:
        async with open_server(fresh_database("sqlite")) as server:
            await load(
                server,
                "CREATE TABLE note (id INTEGER PRIMARY KEY, b TEXT); CREATE INDEX i ON note (b);"
                "CREATE TABLE word (id TEXT PRIMARY KEY); CREATE TABLE thing (id INT);"
                "CREATE VIEW seen AS SELECT b FROM note;",
            )
            before, columns = await dump(server), server.dialect.view_columns(server.info)
            of_views = await server.connection.fetch(columns)
            await load(server, f"ATTACH ':memory:' AS other; {other.format('other')} {other.format('temp')}")
            assert await dump(server) == before
            assert await SchemaExporter(server.connection).schema() == before
            assert await server.connection.fetch(columns) == of_views

    run(work())


def test_a_search_path_among_the_options_of_the_connection(shop: ShopMaker) -> None:
    from tortoise.backends.base.config_generator import expand_db_url

    made = shop("postgres", ROWS, MODELS)
    made.sql(f"CREATE SCHEMA {OWN}")
    credentials = {
        **{name: value for name, value in expand_db_url(made.url)["credentials"].items() if value is not None},
        "server_settings": {"search_path": f"{OWN}, public"},
    }
    connection = {"engine": "tortoise.backends.asyncpg", "credentials": credentials}
    settings = made.folder / "shop_settings.py"
    settings.write_text(settings.read_text().replace(repr(made.url), repr(connection)))
    checked = made.run("check")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    made.models(WITH_NEW)
    assert made.run("apply", "--yes").returncode == 0
    assert _schemas(made)["word"] == OWN


def test_reverse_finds_a_table_by_the_name_that_is_written(shop: ShopMaker) -> None:
    made = shop("postgres", ROWS, MODELS)
    _on_database(made)
    written = made.run("reverse", "tag")
    assert written.returncode == 0, written.stderr
    assert "class Tag" in written.stdout


def test_nothing_is_made_where_temporary_tables_come_first(shop: ShopMaker) -> None:
    made = shop("postgres", ROWS, MODELS)
    ((name,),) = made.fetch("SELECT current_database()::text")
    for path in ("pg_temp, public", "pg_temp"):
        made.sql(f'ALTER DATABASE "{name}" SET search_path = {path}')
        made.models(MODELS)
        assert made.run("check").returncode == (0 if "public" in path else 2)
        for models in (WIDER, WITH_NEW):
            made.models(models)
            for command in (("check",), ("check", "--no-prove"), ("apply", "--yes", "--no-prove")):
                refused = made.run(*command)
                assert refused.returncode == 2, refused.stdout
                assert "pg_temp comes first in the search path" in refused.stderr
                assert "put pg_temp last" in refused.stderr
    made.use(made.url + ("&" if "?" in made.url else "?") + "schema=public")
    assert made.run("apply", "--yes").returncode == 0
    assert _schemas(made)["word"] == "public"
