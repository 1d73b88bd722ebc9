"""The models' DDL: what ``generate_schemas`` would write, and what it gets wrong fixed or said."""

from __future__ import annotations

import asyncio
import gc
import itertools
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pytest_schemadrift.core.config.tortoise import TortoiseConfig, parse_tortoise_config
from pytest_schemadrift.core.config.urls import connection_from_url
from pytest_schemadrift.errors import ConfigurationError, ModelsUnavailable, SchemaDriftError, Unsupported
from pytest_schemadrift.schema.model import Name
from pytest_schemadrift.sources.models import ModelSource, load_models, model_ddl
from pytest_schemadrift.sources.orm.classes import constraints_of

EXAMPLES = Path(__file__).parents[1] / "examples"
URLS = {
    "postgres": "asyncpg://u@h/d",
    "mysql": "mysql://u:p@h/d",
    "mariadb": "mysql://u:p@h/d",
    "sqlite": "sqlite://:memory:",
}
HEAD = """
from __future__ import annotations
import datetime
from tortoise import fields
from tortoise.contrib.mysql.indexes import FullTextIndex
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.contrib.postgres.indexes import GinIndex
from tortoise.expressions import F
from tortoise.functions import Lower
from tortoise.indexes import Index, PartialIndex
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint
from tortoise.models import Model
"""
NUMBERS = itertools.count()

Write = Callable[..., ModelSource]


@pytest.fixture(autouse=True)
def clean_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))


@pytest.fixture
def write(tmp_path: Path) -> Iterator[Write]:
    """Write a module of models, and return their DDL on one kind of server."""
    names = []

    def made(text: str, dialect: str = "postgres", **options: Any) -> ModelSource:
        name = f"made_models_{next(NUMBERS)}"
        names.append(name)
        (tmp_path / f"{name}.py").write_text(HEAD + text)
        config = parse({"connections": {"default": URLS[dialect]}, "apps": {"shop": {"models": [name]}}}, tmp_path)
        with load_models(config) as loaded:
            return model_ddl(loaded, "default", server_version=dialect, **options)

    yield made
    for name in names:
        sys.modules.pop(name, None)


def parse(value: object, folder: Path) -> TortoiseConfig:
    return parse_tortoise_config(value, origin="here", project_dir=folder)


def example(name: str, dialect: str, **options: Any) -> TortoiseConfig:
    import importlib

    sys.path.insert(0, str(EXAMPLES / name))
    settings = importlib.import_module(f"{name}.settings")
    arguments = (dialect, URLS[dialect]) if name == "zoo" else (URLS[dialect],)
    return parse(settings.config(*arguments, **options), EXAMPLES / name)


def source_of(config: TortoiseConfig, dialect: str) -> ModelSource:
    with load_models(config) as loaded:
        return model_ddl(loaded, "default", server_version=dialect)


def generated(config: TortoiseConfig) -> str:
    """What ``generate_schemas`` executes."""
    from tortoise.context import TortoiseContext
    from tortoise.utils import get_schema_sql

    async def ask() -> str:
        context = TortoiseContext()
        with context:
            await context.init(config=config.tortoise)
            return get_schema_sql(context.connections.get("default"), safe=False)

    return asyncio.run(ask())


def lines(sql: str) -> Counter[str]:
    """Lines without what the order of a set decides: commas, and whether a schema is created safely."""
    return Counter(line.rstrip(",").replace(" IF NOT EXISTS", "") for line in sql.splitlines())


def refusal(error: pytest.ExceptionInfo[SchemaDriftError]) -> str:
    text = str(error.value)
    assert len(text.splitlines()) <= 5
    assert "to do:" in text
    return text


# The same as generate_schemas ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("dialect", list(URLS))
def test_the_zoo_is_written_as_generate_schemas_writes_it(dialect: str) -> None:
    config = example("zoo", dialect)
    source = source_of(config, dialect)
    assert lines(source.sql) == lines(generated(config))
    assert source.problems == ()
    assert len({table.name for table in source.statements}) == len(source.statements) > 35


def test_script_executes_statement_by_statement_in_sqlite() -> None:
    import sqlite3

    connection = sqlite3.connect(":memory:")
    for name in ("zoo", "cyclic"):
        for statement in source_of(example(name, "sqlite"), "sqlite").script():
            connection.execute(statement)
    connection.close()


@pytest.mark.processes
def test_the_same_bytes_whatever_the_hash_seed() -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from pathlib import Path\n"
        "from zoo.settings import config\n"
        "from pytest_schemadrift.core.config.tortoise import parse_tortoise_config\n"
        "from pytest_schemadrift.sources.models import load_models, model_ddl\n"
        "value = config('sqlite', 'sqlite://:memory:')\n"
        "with load_models(parse_tortoise_config(value, origin='', project_dir=Path())) as loaded:\n"
        "    print('\\n'.join(model_ddl(loaded, 'default').script()))\n"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code, str(EXAMPLES / "zoo")],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(outputs) == 1


def test_tortoise_refuses_cycles_and_we_do_not() -> None:
    from tortoise.exceptions import ConfigurationError as TortoiseRefusal

    config = example("cyclic", "postgres")
    with pytest.raises(TortoiseRefusal, match="cyclic"):
        generated(config)
    source = source_of(config, "postgres")
    assert {table.table for table in source.statements} == {
        "award", "paper", "player", "rock", "scissors", "team", "team_player"
    }  # fmt: skip


@pytest.mark.parametrize("dialect", ["postgres", "mysql"])
def test_a_table_comes_after_all_it_refers_to_or_the_key_comes_last(dialect: str) -> None:
    source = source_of(example("cyclic", dialect), dialect)
    created: set[str] = set()
    for table in source.statements:
        inline = [name for name in created | {table.table} if f"REFERENCES {quoted(name, dialect)}" in table.sql]
        assert table.sql.count("REFERENCES ") >= len(inline)
        assert sum(table.sql.count(f"REFERENCES {quoted(name, dialect)}") for name in created | {table.table}) == (
            table.sql.count("REFERENCES ")
        )
        created.add(table.table)
    afterwards = [sql for table in source.statements for sql in table.afterwards]
    assert afterwards
    assert all(sql.startswith("ALTER TABLE ") and " ADD " in sql for sql in afterwards)
    assert len([sql for sql in source.script() if sql.startswith("ALTER TABLE")]) == len(afterwards)


def quoted(name: str, dialect: str) -> str:
    return f"`{name}`" if dialect == "mysql" else f'"{name}"'


def test_a_postponed_key_is_the_key_that_it_was(write: Write) -> None:
    models = """
class A(Model):
    b = fields.ForeignKeyField("shop.B", null=True, description="whose", related_name="as_", on_delete=fields.SET_NULL)
class B(Model):
    a = fields.ForeignKeyField("shop.A", related_name="bs", source_field="a key")
"""
    postgres, mysql, sqlite = (write(models, dialect) for dialect in ("postgres", "mysql", "sqlite"))
    assert postgres.statements[0].afterwards == (
        'ALTER TABLE "a" ADD FOREIGN KEY ("b_id") REFERENCES "b" ("id") ON DELETE SET NULL;',
    )
    assert 'COMMENT ON COLUMN "a"."b_id" IS \'whose\';' in postgres.sql
    (key,) = mysql.statements[0].afterwards
    assert key.startswith("ALTER TABLE `a` ADD CONSTRAINT `fk_a_b_")
    assert key.endswith("FOREIGN KEY (`b_id`) REFERENCES `b` (`id`) ON DELETE SET NULL;")
    assert "`b_id` INT COMMENT 'whose'" in mysql.sql
    assert all(table.afterwards == () for table in sqlite.statements)
    assert '"b_id" INT REFERENCES "b" ("id") ON DELETE SET NULL' in sqlite.sql


def test_script_takes_what_a_table_needs_and_no_more() -> None:
    source = source_of(example("cyclic", "postgres"), "postgres")
    created = [sql.split('"')[1] for sql in source.script([Name("", "rock")]) if sql.startswith("CREATE TABLE")]
    assert sorted(created) == ["paper", "rock", "scissors"]
    assert source.script([Name("", "no such table")]) == ()


# Relations -----------------------------------------------------------------------------------------------------------


def test_a_through_table_that_is_a_model_is_written_once() -> None:
    """T7, tortoise-orm#2193."""
    source = source_of(example("zoo", "postgres"), "postgres")
    assert [table.model for table in source.statements if table.table == "zoo_membership"] == ["common.Membership"]


def test_two_many_to_many_fields_with_one_table_are_noticed(write: Write) -> None:
    """Complaint 15, tortoise-orm#1323."""
    source = write("""
class Tag(Model):
    pass
class Post(Model):
    one = fields.ManyToManyField("shop.Tag", related_name="ones")
    two = fields.ManyToManyField("shop.Tag", related_name="twos")
""")
    assert [table.table for table in source.statements] == ["post", "tag", "post_tag"]
    (notice,) = source.notices
    assert "shop.Post.one and shop.Post.two share the table post_tag" in notice


def test_two_many_to_many_fields_that_want_different_tables_of_one_name(write: Write) -> None:
    with pytest.raises(ModelsUnavailable) as error:
        write("""
class Tag(Model):
    pass
class Post(Model):
    one = fields.ManyToManyField("shop.Tag", related_name="ones", through="t")
    two = fields.ManyToManyField("shop.Tag", related_name="twos", through="t", forward_key="other")
""")
    assert "shop.Post.one and shop.Post.two want different tables of the same name 't'" in refusal(error)


def test_a_key_cannot_leave_its_database(tmp_path: Path) -> None:
    for name, other in (("first_app", "second_app"), ("second_app", None)):
        relation = f'    other = fields.ForeignKeyField("{other}.Thing", related_name="x")\n' if other else "    pass\n"
        (tmp_path / f"{name}.py").write_text(f"{HEAD}\nclass Thing(Model):\n{relation}")
    config = parse(
        {
            "connections": {"one": URLS["postgres"], "two": URLS["sqlite"]},
            "apps": {
                "first_app": {"models": ["first_app"], "default_connection": "one"},
                "second_app": {"models": ["second_app"], "default_connection": "two"},
            },
        },
        tmp_path,
    )
    with load_models(config) as loaded:
        with pytest.raises(ModelsUnavailable) as error:
            model_ddl(loaded, "one")
        assert [table.model for table in model_ddl(loaded, "two").statements] == ["second_app.Thing"]
    assert "first_app.Thing.other on connection 'one' refers to second_app.Thing on 'two'" in refusal(error)


def test_a_key_to_a_one_to_one_primary_key_has_no_column_in_tortoise(write: Write) -> None:
    source = write("""
class Plain(Model):
    pass
class Shared(Model):
    plain = fields.OneToOneField("shop.Plain", primary_key=True)
class Referrer(Model):
    shared = fields.ForeignKeyField("shop.Shared", related_name="referrers")
""")
    (notice,) = source.notices
    assert "shop.Referrer.shared has no column" in notice
    assert "shared_id" not in source.sql


# What generate_schemas forgets or breaks -----------------------------------------------------------------------------


def test_constraints_are_written() -> None:
    """T1, tortoise-orm#2272."""
    source = source_of(example("zoo", "postgres", constraints=True), "postgres")
    (sql,) = (table.sql for table in source.statements if table.table == "constrained")
    assert 'CONSTRAINT "zoo_unique" UNIQUE ("a", "bee")' in sql
    assert 'CONSTRAINT "uid_constrained_owner_i_' in sql
    assert 'UNIQUE ("owner_id", "a")' in sql
    assert 'CONSTRAINT "zoo_positive" CHECK (a > 0)' in sql
    mysql = source_of(example("zoo", "mysql", constraints=True), "mysql")
    assert "UNIQUE KEY `zoo_unique` (`a`, `bee`)" in mysql.sql
    assert "CONSTRAINT `zoo_positive` CHECK (a > 0)" in mysql.sql


CONDITIONAL = """
class A(Model):
    a = fields.IntField(source_field="alpha")
    class Meta:
        constraints = (UniqueConstraint(fields=("a",), name="u", condition="alpha > 0"),)
"""


def test_a_conditional_unique_constraint_is_an_index(write: Write) -> None:
    for dialect in ("postgres", "sqlite"):
        assert 'CREATE UNIQUE INDEX "u" ON "a" ("alpha") WHERE alpha > 0;' in write(CONDITIONAL, dialect).script()


def test_mysql_has_no_conditional_unique_constraint(write: Write) -> None:
    source = write(CONDITIONAL, "mysql")
    (problem,) = source.problems
    assert (problem.kind, problem.name, problem.table) == ("constraint", "u", Name("", "a"))
    assert "shop.A" in problem.reason


def test_fields_become_columns_everywhere(write: Write) -> None:
    """T18, and the same mistake with foreign keys that have a ``source_field``."""
    sql = write("""
class Owner(Model):
    pass
class A(Model):
    a = fields.IntField(source_field="alpha")
    b = fields.BooleanField(source_field="beta")
    owner = fields.ForeignKeyField("shop.Owner", source_field="owned_by")
    class Meta:
        indexes = (
            Index(fields=("a",), name="i1"),
            ("owner", "a"),
            PartialIndex(fields=["owner"], name="i2", condition={"b": True, "a": 1}),
        )
        unique_together = (("a", "owner"), ("owner_id", "b"))
""").sql
    assert 'CREATE INDEX "i1" ON "a" ("alpha");' in sql
    assert 'ON "a" ("owned_by", "alpha");' in sql
    assert 'CREATE INDEX "i2" ON "a" ("owned_by") WHERE beta = true AND alpha = 1;' in sql
    assert 'UNIQUE ("alpha", "owned_by")' in sql
    assert 'UNIQUE ("owned_by", "beta")' in sql


def test_columns_with_spaces_and_dots_are_quoted_in_indexes(write: Write) -> None:
    sql = write('class A(Model):\n    a = fields.IntField(source_field="two words.x", db_index=True)\n').sql
    assert '("two words.x");' in sql


def test_an_index_on_an_expression_has_a_name_that_can_be_quoted(write: Write) -> None:
    sql = write(
        "class A(Model):\n    a = fields.IntField()\n    class Meta:\n        indexes = (Index(F('a') + 1),)\n"
    ).sql
    assert 'CREATE INDEX "idx_a_(_a_+1)_' in sql
    assert '("a"+1)' in sql


@pytest.mark.parametrize(
    ("dialect", "index", "reason"),
    [
        ("mysql", "PartialIndex(fields=('a',), condition={'a': 1})", "no partial index"),  # T19
        ("mariadb", "PartialIndex(fields=('a',), condition={'a': 1})", "no partial index"),
        ("mariadb", "Index(Lower('b'), name='x')", "MariaDB has no index on an expression"),
        ("mysql", "GinIndex(fields=('a',))", "mysql has no GIN index"),
        ("sqlite", "GinIndex(fields=('a',))", "sqlite has no GIN index"),
        ("postgres", "FullTextIndex(fields=('b',))", "postgres has no FULLTEXT index"),
    ],
)
def test_an_index_that_the_dialect_does_not_have(write: Write, dialect: str, index: str, reason: str) -> None:
    source = write(
        "class A(Model):\n    a = fields.IntField()\n    b = fields.CharField(max_length=9)\n"
        f"    class Meta:\n        indexes = ({index}, ('a', 'b'))\n",
        dialect,
    )
    (problem,) = source.problems
    assert problem.kind == "index"
    assert problem.table == Name("", "a")
    assert "shop.A" in problem.reason
    assert reason in problem.reason
    assert source.sql.count("idx_a_a_") == 1


def default(write: Write, field: str, dialect: str) -> tuple[str, ModelSource]:
    source = write(f"class A(Model):\n    f = {field}\n", dialect)
    (line,) = (line.strip().rstrip(",") for line in source.sql.splitlines() if line.strip()[1:3] in ('f"', "f`"))
    return line.partition(" DEFAULT ")[2], source


@pytest.mark.parametrize(
    ("dialect", "field", "text"),
    [  # T20
        ("postgres", 'fields.CharField(max_length=9, db_default="it\'s")', "'it''s'"),
        ("sqlite", "fields.CharField(max_length=9, db_default='it\\'s \"x\"')", "'it''s \"x\"'"),
        ("mysql", 'fields.CharField(max_length=9, db_default="it\'s")', r"'it\'s'"),
        ("postgres", "fields.JSONField(db_default={'a': \"it's\"})", "'{\"a\":\"it''s\"}'"),
        ("mysql", "fields.JSONField(db_default={'a': 1})", r"""('{\"a\":1}')"""),
        ("mariadb", "fields.JSONField(db_default={'a': 1})", r"""'{\"a\":1}'"""),
        ("mysql", "fields.TextField(db_default='x')", "('x')"),
        ("mariadb", "fields.TextField(db_default='x')", "'x'"),
        ("mysql", "fields.CharField(max_length=9, db_default='x')", "'x'"),
        ("postgres", "ArrayField('text', db_default=[\"it's\"])", "'{\"it''s\"}'"),
        ("mysql", "fields.DatetimeField(db_default=datetime.datetime(2020, 1, 1))", "'2020-01-01T00:00:00+00:00'"),
        ("mariadb", "fields.DatetimeField(db_default=datetime.datetime(2020, 1, 1))", "'2020-01-01 00:00:00'"),
    ],
)
def test_a_default_that_the_server_would_refuse_is_corrected(write: Write, dialect: str, field: str, text: str) -> None:
    if "datetime" in field:
        with pytest.warns(RuntimeWarning, match="naive datetime"):
            found, source = default(write, field, dialect)
    else:
        found, source = default(write, field, dialect)
    assert found == text
    assert source.notices == ()


@pytest.mark.parametrize("dialect", ["postgres", "sqlite"])
def test_a_default_that_the_server_takes_for_another_is_left_and_noticed(write: Write, dialect: str) -> None:
    """The database that ``generate_schemas`` made holds that other value: fixing it here would be false drift."""
    found, source = default(write, "fields.CharField(max_length=9, db_default='a\\nb')", dialect)
    assert found == r"'a\nb'"
    (notice,) = source.notices
    assert "shop.A.f" in notice


@pytest.mark.parametrize(
    "field",
    ["fields.TimeDeltaField(db_default=5)", "fields.BinaryField(db_default=b'x')"],
)
def test_a_default_that_tortoise_cannot_write_names_its_field(write: Write, field: str) -> None:
    with pytest.raises(ModelsUnavailable) as error:
        default(write, field, "postgres")
    assert "shop.A.f: Tortoise cannot write its db_default" in refusal(error)


# Managed and chosen --------------------------------------------------------------------------------------------------

UNMANAGED = """
class Old(Model):
    other = fields.ManyToManyField("shop.Older", related_name="olds")
    class Meta:
        managed = False
class Older(Model):
    class Meta:
        managed = False
        table = "older"
        schema = "past"
class New(Model):
    old = fields.ForeignKeyField("shop.Old", related_name="news")
    older = fields.ManyToManyField("shop.Older", related_name="news")
"""


def test_unmanaged_models_are_not_compared_but_can_be_referred_to(write: Write) -> None:
    source = write(UNMANAGED)
    assert [table.model for table in source.statements] == ["shop.New", "shop.New.older"]
    assert source.unmanaged == ("old", "past.older")
    assert [table.table for table in source.others] == ["old", "older", "old_older"]
    script = source.script([Name("", "new")])
    assert [sql.split("(")[0].strip() for sql in script] == [
        'CREATE SCHEMA IF NOT EXISTS "past";', 'CREATE TABLE "old"', 'CREATE TABLE "new"'
    ]  # fmt: skip


def test_one_table_of_two_models(write: Write) -> None:
    two = (
        "class A(Model):\n    pass\nclass B(Model):\n    x = fields.IntField()\n    class Meta:\n        table = 'a'\n"
    )
    with pytest.raises(ModelsUnavailable) as error:
        write(two)
    assert "shop.A and shop.B have the same table 'a'" in refusal(error)
    (table,) = write(two + "        managed = False\n").statements
    assert table.model == "shop.A"


def test_the_same_name_in_two_schemas(write: Write) -> None:
    models = "class A(Model):\n    pass\nclass B(Model):\n    class Meta:\n        table = 'a'\n        schema = 's'\n"
    assert {table.name for table in write(models).statements} == {Name("", "a"), Name("s", "a")}
    with pytest.raises(ModelsUnavailable, match="same table"):
        write(models, "sqlite")


def test_apps_and_models_choose(write: Write) -> None:
    source = write(UNMANAGED, models=["New"])
    assert [table.model for table in source.statements] == ["shop.New", "shop.New.older"]
    assert write(UNMANAGED, models=["shop.Old"]).statements == ()
    assert len(write(UNMANAGED, apps=["shop"]).statements) == 2
    with pytest.raises(ConfigurationError) as error:
        write(UNMANAGED, apps=["shp"])
    assert "did you mean 'shop'?" in refusal(error)
    with pytest.raises(ConfigurationError) as error:
        write(UNMANAGED, models=["shop.Odl"])
    assert "did you mean 'shop.Old'?" in refusal(error)


# Refusals ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("models", "said"),
    [
        ("import not_installed_here\n", "No module named 'not_installed_here'"),
        ("1 / 0\n", "ZeroDivisionError: division by zero"),
        ("class A(Model):\n    b = fields.ForeignKeyField('shop.Nobody')\n", "No model with name 'Nobody'"),
        ("class A(Model):\n    b = fields.ForeignKeyField('nowhere.B')\n", "No app with name 'nowhere'"),
        ("class A(Model):\n    x = fields.IntField()\n    class Meta:\n        indexes = (('y',),)\n", "no 'y' field"),
        ("class A(Model):\n    id = fields.IntField()\n", "without explicit primary key"),
        ("class A(Model):\n    x = fields.Field()\n", "shop.A.x: Field has no SQL_TYPE"),
        (
            "class A(Model):\n    class Meta:\n        constraints = (UniqueConstraint(fields=('y',)),)\n",
            "shop.A: its Meta names 'y', which is no field",
        ),
    ],
)
def test_models_that_cannot_be_used(write: Write, models: str, said: str) -> None:
    with pytest.raises(ModelsUnavailable) as error:
        write(models)
    assert said in refusal(error)


def test_an_app_without_models_is_noticed(write: Write, tmp_path: Path) -> None:
    (tmp_path / "empty_models.py").write_text("")
    config = parse({"connections": {"default": URLS["sqlite"]}, "apps": {"a": {"models": ["empty_models"]}}}, tmp_path)
    with load_models(config) as loaded:
        assert loaded.notices == ('Module "empty_models" has no models',)
        source = model_ddl(loaded, "default")
        assert source.statements == ()
        assert source.notices == ("the models have no tables for this connection",)


def test_models_of_the_program_that_runs_are_looked_for_nowhere_else(tmp_path: Path) -> None:
    config = parse({"connections": {"default": URLS["sqlite"]}, "apps": {"a": {"models": ["__main__"]}}}, tmp_path)
    with pytest.raises(ModelsUnavailable) as error, load_models(config):
        pass
    assert "main for main.py" in refusal(error), "in sync would be said of a database that nobody looked at"


def test_other_databases_and_unknown_connections(tmp_path: Path) -> None:
    (tmp_path / "empty_models.py").write_text("")
    config = parse({"connections": {"default": "oracle://h/d"}, "apps": {"a": {"models": ["empty_models"]}}}, tmp_path)
    with load_models(config) as loaded:
        with pytest.raises(Unsupported, match="Oracle"):
            model_ddl(loaded, "default")
        with pytest.raises(ConfigurationError, match="no connection 'other'"):
            model_ddl(loaded, "other")


@pytest.mark.parametrize(
    ("connection", "said"),
    [
        ("mysql://u:secret@h:port/d", "this database URL cannot be read"),
        ("sqlite://[z].db", "this SQLite URL cannot be read"),
        ({"engine": "tortoise.backends.mysql", "credentials": {"user": "u", "password": "secret"}}, "'database'"),
    ],
)
def test_credentials_that_tortoise_refuses(tmp_path: Path, connection: object, said: str) -> None:
    (tmp_path / "empty_models.py").write_text("")
    settings = {"connections": {"default": connection}, "apps": {"a": {"models": ["empty_models"]}}}
    with pytest.raises(ConfigurationError) as error, load_models(parse(settings, tmp_path)) as loaded:
        model_ddl(loaded, "default")
    assert said in refusal(error)
    assert "secret" not in refusal(error)


@pytest.mark.parametrize("scheme", ["postgres", "mysql"])
@pytest.mark.parametrize("ends_early", ["#", "?", "/", "/#", "?/[", "#?["])
@pytest.mark.parametrize("before", ["", "@"])
def test_a_password_that_ends_early_is_not_read_as_another_host(scheme: str, ends_early: str, before: str) -> None:
    url = f"{scheme}://u:kiwi{before}secret{ends_early}hidden@h:1/d"
    with pytest.raises(ConfigurationError, match="percent-encode user and password") as error:
        connection_from_url("default", url)
    assert not [word for word in ("kiwi", "secret", "hidden") if word in refusal(error)]


@pytest.mark.parametrize(
    "url",
    ["postgres://u:p%40%23%3F%5B@h:1/d", "postgres://u:p@q@h/d@e", "mysql://u:p@/d?unix_socket=/run/a@b.sock"],
)
def test_an_at_sign_that_ends_nothing_is_one(url: str) -> None:
    assert connection_from_url("default", url).url == url


# A good neighbour ----------------------------------------------------------------------------------------------------


def test_tortoise_is_left_as_it_was_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The project's tests may use the same models under another app, connection and table names, before and after."""
    monkeypatch.setenv("TIMEZONE", "Europe/Berlin")
    (tmp_path / "neighbours.py").write_text(
        HEAD + "class Author(Model):\n    name = fields.CharField(max_length=9)\n"
        "class Book(Model):\n    author = fields.ForeignKeyField('models.Author')\n"
        "    readers = fields.ManyToManyField('models.Author', related_name='read')\n"
    )
    sys.path.insert(0, str(tmp_path))
    configured = {"connections": {"main": URLS["postgres"]}, "apps": {}}
    ours = {**configured, "apps": {"models": {"models": ["neighbours"], "default_connection": "main"}}}

    def check() -> str:
        with load_models(parse(ours, tmp_path)) as loaded:
            return model_ddl(loaded, "main").sql

    first = check()
    import neighbours  # type: ignore[import-not-found]
    from tortoise.context import tortoise_test_context

    meta = neighbours.Book._meta
    assert (meta.app, meta.db_table, meta.default_connection, meta._inited) == (None, "", None, False)
    assert meta.fields_map["author"].related_model is None or "author_id" not in meta.fields_map

    async def use() -> str:
        async with tortoise_test_context(["neighbours"], app_label="models", connection_label="elsewhere"):
            author = await neighbours.Author.create(name="x")
            await neighbours.Book.create(author=author)
            inside = check()
            assert meta.default_connection == "elsewhere"
            book = await neighbours.Book.get(author_id=author.id).prefetch_related("readers")
            await book.readers.add(author)
            assert await book.readers.all().count() == 1
            return inside

    assert first == asyncio.run(use()) == check()
    assert os.environ["TIMEZONE"] == "Europe/Berlin" or "TIMEZONE" in os.environ
    assert '"author_id" INT NOT NULL REFERENCES "author"' in first


def test_the_collector_rests_while_models_are_imported_and_goes_on_afterwards(tmp_path: Path, write: Write) -> None:
    (tmp_path / "resting.py").write_text(f"{HEAD}\nimport gc\nwas_on = gc.isenabled()\nclass A(Model): pass")
    config = parse({"connections": {"default": URLS["sqlite"]}, "apps": {"shop": {"models": ["resting"]}}}, tmp_path)
    with load_models(config):
        assert sys.modules.pop("resting").was_on is False
        assert gc.isenabled()
    with pytest.raises(ModelsUnavailable):
        write("raise LookupError")
    assert gc.isenabled()


def test_a_refused_set_can_be_corrected_and_loaded_again(tmp_path: Path) -> None:
    module = tmp_path / "corrected.py"
    module.write_text(
        HEAD + "class A(Model):\n    b = fields.ForeignKeyField('shop.B')\nclass B(Model):\n    c = "
        "fields.ForeignKeyField('shop.Nobody')\n"
    )
    config = parse({"connections": {"default": URLS["sqlite"]}, "apps": {"shop": {"models": ["corrected"]}}}, tmp_path)
    for _ in range(2):  # the second time, no relation may seem to be resolved already
        with pytest.raises(ModelsUnavailable, match="Nobody"), load_models(config):
            pass


IN_THE_DATABASES_WORDS = """
class Line:
    def __init__(self, sql, **words):
        self.sql = sql
        self.__dict__.update(words)

    def get_sql(self, generator, model):
        return self.sql

class Part(Model):
    order = fields.IntField(primary_key=True, generated=False)
    line = fields.IntField()
    class Meta:
        constraints = (
            Line("PRIMARY KEY (a, b)", primary_key=True),
            Line("CHECK (line > 0)"),
            Line("FOREIGN KEY (line) REFERENCES other (id)", afterwards=True),
        )
        table_options = "WITHOUT ROWID"
"""


def test_a_model_may_speak_in_the_databases_own_words(write: Write) -> None:
    (table,) = write(IN_THE_DATABASES_WORDS, "postgres").statements
    assert table.sql.endswith(
        '"line" INT NOT NULL,\n    PRIMARY KEY (a, b),\n    CHECK (line > 0)\n) WITHOUT ROWID;'
    ), table.sql
    assert '"order" INT NOT NULL,' in table.sql, "the key of the field is replaced"
    assert table.afterwards == ('ALTER TABLE "part" ADD FOREIGN KEY (line) REFERENCES other (id);',)
    (table,) = write(IN_THE_DATABASES_WORDS, "sqlite").statements
    assert "    FOREIGN KEY (line) REFERENCES other (id)\n) WITHOUT ROWID;" in table.sql
    assert table.afterwards == ()


def test_an_older_tortoise_passes_over_constraints_but_not_over_the_databases_own_words() -> None:
    from tortoise import Model, fields

    class Own:
        def get_sql(self, generator: object, model: object) -> str:
            return "CHECK (line > 0)"

    own = Own()

    class Part(Model):
        line = fields.IntField()

        class Meta:
            constraints = ("CHECK (line > 0)", own)

    assert constraints_of(Part) == ("CHECK (line > 0)", own)
    del Part._meta.constraints  # below 1.0 there is no such thing
    assert constraints_of(Part) == (own,)
