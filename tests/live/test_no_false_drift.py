"""No false drift: what Tortoise made of the models is in sync with them, whichever of its tools made it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pytest_schemadrift.commands import CheckOptions, Project, check_project, loaded_models
from pytest_schemadrift.commands.migrate import MigrateOptions, Migrating
from pytest_schemadrift.core.config.settings import load_settings
from pytest_schemadrift.core.config.tortoise import parse_tortoise_config
from pytest_schemadrift.core.config.urls import database_url
from pytest_schemadrift.planning.describe import describe
from pytest_schemadrift.planning.drift import Drift
from pytest_schemadrift.planning.policy import Policy
from pytest_schemadrift.report.json import as_object
from pytest_schemadrift.schema.model import Name
from pytest_schemadrift.sources.database import open_server
from pytest_schemadrift.sources.scratch import LiveServer
from pytest_schemadrift.verify import verdict
from tests import forks
from tests.harness import compare_with_script, load, run

EXAMPLES = Path(__file__).parents[1] / "examples"
DIALECTS = [pytest.param(name, marks=getattr(pytest.mark, name)) for name in ("postgres", "mysql", "mariadb", "sqlite")]


@pytest.fixture(autouse=True)
def _examples_on_the_path(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("zoo", "cyclic"):
        monkeypatch.syspath_prepend(str(EXAMPLES / name))
    monkeypatch.syspath_prepend(str(EXAMPLES.parents[1] / "examples" / "shop"))
    yield


def project_of(config: dict[str, Any], **settings: object) -> Project:
    folder = EXAMPLES / "zoo"
    return Project(load_settings(folder, settings), parse_tortoise_config(config, origin="test", project_dir=folder))


async def generate(config: dict[str, Any]) -> None:
    from tortoise import Tortoise

    await Tortoise.init(config=config, _create_db=False)
    try:
        await Tortoise.generate_schemas(safe=False)
    finally:
        await Tortoise.close_connections()


def drift_of(config: dict[str, Any], **settings: object) -> Drift:
    (drift,) = run(check_project(project_of(config, **settings), CheckOptions()))
    return drift


def assert_in_sync(drift: Drift) -> None:
    assert [describe(step.change) for step in drift.steps] == []
    assert drift.unreadable == ()
    assert drift.in_sync


@pytest.mark.parametrize("dialect", DIALECTS)
def test_everything_tortoise_can_create_is_in_sync_without_a_scratch_database(
    dialect: str, fresh_database: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from zoo import settings as zoo  # type: ignore[import-not-found]

    config = zoo.config(dialect, fresh_database(dialect))
    run(generate(config))
    drift = drift_of(config)
    assert_in_sync(drift)
    assert len(drift.tables) > 35
    assert drift.ignored == ()
    assert drift.compared == "static", "a database in sync costs no scratch database"
    run(_hold_more_columns(config, drift.tables[::3], monkeypatch))


MORE = {
    "postgres": ("bigserial", "varchar(7) NOT NULL DEFAULT 'a' || 'b'", "int GENERATED ALWAYS AS (1 + 1) STORED"),
    "mysql": ("int unsigned UNIQUE", "varchar(7) NOT NULL DEFAULT (concat('a', 'b'))", "int AS (1 + 1) VIRTUAL"),
    "mariadb": ("int unsigned UNIQUE", "varchar(7) NOT NULL DEFAULT concat('a', 'b')", "int AS (1 + 1) VIRTUAL"),
    "sqlite": ("int", "varchar(7) NOT NULL DEFAULT 'ab'", "int AS (1 + 1) VIRTUAL"),
}


async def _hold_more_columns(config: dict[str, Any], tables: Sequence[Name], monkeypatch: pytest.MonkeyPatch) -> None:
    """A column that no model has is told without a scratch database as it is told with one."""
    project = project_of(config)
    async with open_server(database_url(project.tortoise.connection("default"))) as server:
        for number, table in enumerate(tables):
            type_ = MORE[server.info.dialect][number % 3]
            await server.connection.execute(f"ALTER TABLE {_quoted(server, table)} ADD COLUMN by_hand {type_}")
    told = (await check_project(project, CheckOptions(prove=False)))[0]
    monkeypatch.setattr(verdict, "only_more_columns", lambda *_: False)
    asked = (await check_project(project, CheckOptions(prove=False)))[0]
    assert len(told.steps) >= len(tables) and asked.compared == "scratch"
    assert told.compared == ("scratch" if server.info.dialect == "sqlite" else "static")
    assert as_object([replace(told, compared="scratch")]) == as_object([asked])


def _quoted(server: LiveServer, table: Name) -> str:
    return ".".join(server.dialect.quote(part) for part in table if part)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_strict_names_and_fail_policies_see_is_nothing(dialect: str, fresh_database: Callable[[str], str]) -> None:
    from zoo import settings as zoo

    config = zoo.config(dialect, fresh_database(dialect))
    run(generate(config))
    assert_in_sync(drift_of(config, names="strict", extra_defaults="fail", unmanaged="fail"))


@pytest.mark.parametrize("dialect", DIALECTS)
def test_constraints_that_generate_schemas_forgets_are_drift(
    dialect: str, fresh_database: Callable[[str], str]
) -> None:
    """T1: Meta.constraints are emitted by neither of Tortoise's paths; we miss none and propose nothing else."""
    from zoo import settings as zoo

    config = zoo.config(dialect, fresh_database(dialect), constraints=True)
    run(generate(config))
    drift = drift_of(config)
    tables = {str(table) for table in drift.tables}
    touched = {describe(step.change) for step in drift.steps}
    assert tables and touched
    assert all("check (" in text or "unique" in text for text in touched), touched
    assert drift.proven is True, drift.proof_note


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("circle", [False, True], ids=["zoo", "circle"])
def test_what_migrate_creates_is_all_that_the_models_want(
    circle: bool, dialect: str, fresh_database: Callable[[str], str]
) -> None:
    """``Meta.constraints`` too, and by the strictest rules."""
    from cyclic import settings as cyclic  # type: ignore[import-not-found]
    from zoo import settings as zoo

    url = fresh_database(dialect)
    config = cyclic.config(url) if circle else zoo.config(dialect, url, constraints=True)
    project = project_of(config)
    with loaded_models(project) as models:
        migrating = Migrating(project, models, CheckOptions(), MigrateOptions())
        outcome = run(migrating.carry_out(run(migrating.propose("default"))))
        assert outcome.ok, outcome.error
        assert not run(migrating.look("default")).plan
    assert_in_sync(drift_of(config, names="strict", extra_defaults="fail", unmanaged="fail"))


@pytest.mark.parametrize("dialect", DIALECTS)
def test_models_in_a_circle(dialect: str, fresh_database: Callable[[str], str]) -> None:
    """Tortoise refuses to create them; we must not: the plan from nothing converges."""
    from cyclic import settings as cyclic

    config = cyclic.config(fresh_database(dialect))
    drift = drift_of(config)
    assert {type(step.change).__name__ for step in drift.steps} <= {"CreateTable", "AddForeignKey"}
    assert drift.proven is True, drift.proof_note

    async def create() -> None:
        async with open_server(config["connections"]["default"]) as server:
            await load(server, drift.plan.sql())

    run(create())
    assert_in_sync(drift_of(config))


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_shop(dialect: str, fresh_database: Callable[[str], str]) -> None:
    config = {"connections": {"default": fresh_database(dialect)}, "apps": {"shop": {"models": ["shop.models"]}}}
    run(generate(config))
    assert_in_sync(drift_of(config))


# --- databases that other tools of Tortoise made ---

MODELS = '''
from tortoise import fields
from tortoise.models import Model


class Author(Model):
    """People who write."""

    id = fields.IntField(primary_key=True)
    name = fields.CharField(max_length=100, unique=True, description="as on the cover")
    born = fields.DateField(null=True)
    rating = fields.DecimalField(max_digits=4, decimal_places=1, db_default=0)
    active = fields.BooleanField(default=True)


class Book(Model):
    id = fields.BigIntField(primary_key=True)
    title = fields.CharField(max_length=200, db_index=True)
    author = fields.ForeignKeyField("library.Author", related_name="books", on_delete=fields.RESTRICT)
    tags = fields.ManyToManyField("library.Tag", related_name="books")
    made = fields.DatetimeField(auto_now_add=True)
    data = fields.JSONField(null=True)

    class Meta:
        unique_together = (("title", "author"),)


class Tag(Model):
    id = fields.UUIDField(primary_key=True)
    word = fields.CharField(max_length=30)
'''


def write_library(folder: Path, url: str, tool_models: str = "") -> dict[str, str]:
    package = folder / "library"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "models.py").write_text(MODELS)
    models = f'["library.models"{tool_models}]'
    (package / "settings.py").write_text(
        f"TORTOISE_ORM = {{'connections': {{'default': {url!r}}}, 'apps': {{'library': "
        f"{{'models': {models}, 'default_connection': 'default', 'migrations': 'library.migrations'}}}}}}\n"
    )
    (folder / "pyproject.toml").write_text('[tool.tortoise]\ntortoise_orm = "library.settings.TORTOISE_ORM"\n')
    return {**os.environ, "PYTHONPATH": str(folder)}


def run_command(
    folder: Path, environment: dict[str, str], module: str, *arguments: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*forks.command(module), *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def command(folder: Path, environment: dict[str, str], module: str, *arguments: str) -> str:
    done = run_command(folder, environment, module, *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def assert_command_says_in_sync(folder: Path, environment: dict[str, str]) -> None:
    assert "in sync (4 tables" in command(folder, environment, "pytest_schemadrift", "check", "--source", "live")


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_database_made_by_tortoises_migrations(
    dialect: str, fresh_database: Callable[[str], str], tmp_path: Path
) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    environment = write_library(folder, fresh_database(dialect))
    command(folder, environment, "tortoise", "init")
    command(folder, environment, "tortoise", "makemigrations")
    command(folder, environment, "tortoise", "migrate")
    assert_command_says_in_sync(folder, environment)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_database_made_by_aerich(dialect: str, fresh_database: Callable[[str], str], tmp_path: Path) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    environment = write_library(folder, fresh_database(dialect), ', "aerich.models"')
    command(folder, environment, "aerich", "init", "-t", "library.settings.TORTOISE_ORM")
    command(folder, environment, "aerich", "init-db")
    assert_command_says_in_sync(folder, environment)


OLD_TORTOISE = {  # what Tortoise 0.25 and Aerich's ADD COLUMN wrote for the library: Python defaults in the database
    "postgres": """
        CREATE TABLE "author" ("id" SERIAL NOT NULL PRIMARY KEY, "name" VARCHAR(100) NOT NULL UNIQUE, "born" DATE,
          "rating" DECIMAL(4,1) NOT NULL DEFAULT 0, "active" BOOL NOT NULL DEFAULT True);
        COMMENT ON COLUMN "author"."name" IS 'as on the cover';
        COMMENT ON TABLE "author" IS 'People who write.';
        CREATE TABLE "book" ("id" BIGSERIAL NOT NULL PRIMARY KEY, "title" VARCHAR(200) NOT NULL,
          "made" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP, "data" JSONB,
          "author_id" INT NOT NULL REFERENCES "author" ("id") ON DELETE RESTRICT,
          CONSTRAINT "uid_book_title" UNIQUE ("title", "author_id"));
        CREATE INDEX "idx_book_title" ON "book" ("title");
        CREATE TABLE "tag" ("id" UUID NOT NULL PRIMARY KEY, "word" VARCHAR(30) NOT NULL DEFAULT 'none');
        CREATE TABLE "book_tag" ("book_id" BIGINT NOT NULL REFERENCES "book" ("id") ON DELETE CASCADE,
          "tag_id" UUID NOT NULL REFERENCES "tag" ("id") ON DELETE CASCADE);
        CREATE UNIQUE INDEX "uidx_book_tag" ON "book_tag" ("book_id", "tag_id");
    """,
    "mysql": """
        CREATE TABLE `author` (`id` INT NOT NULL PRIMARY KEY AUTO_INCREMENT,
          `name` VARCHAR(100) NOT NULL UNIQUE COMMENT 'as on the cover', `born` DATE,
          `rating` DECIMAL(4,1) NOT NULL DEFAULT 0, `active` BOOL NOT NULL DEFAULT 1)
          CHARACTER SET utf8mb4 COMMENT='People who write.';
        CREATE TABLE `book` (`id` BIGINT NOT NULL PRIMARY KEY AUTO_INCREMENT, `title` VARCHAR(200) NOT NULL,
          `made` DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6), `data` JSON,
          `author_id` INT NOT NULL, UNIQUE KEY `uid_book_title` (`title`, `author_id`),
          CONSTRAINT `fk_book_author` FOREIGN KEY (`author_id`) REFERENCES `author` (`id`) ON DELETE RESTRICT,
          KEY `idx_book_title` (`title`)) CHARACTER SET utf8mb4;
        CREATE TABLE `tag` (`id` CHAR(36) NOT NULL PRIMARY KEY, `word` VARCHAR(30) NOT NULL DEFAULT 'none')
          CHARACTER SET utf8mb4;
        CREATE TABLE `book_tag` (`book_id` BIGINT NOT NULL, `tag_id` CHAR(36) NOT NULL,
          FOREIGN KEY (`book_id`) REFERENCES `book` (`id`) ON DELETE CASCADE,
          FOREIGN KEY (`tag_id`) REFERENCES `tag` (`id`) ON DELETE CASCADE,
          UNIQUE KEY `uidx_book_tag` (`book_id`, `tag_id`)) CHARACTER SET utf8mb4;
    """,
    "sqlite": """
        CREATE TABLE "author" ("id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, "name" VARCHAR(100) NOT NULL UNIQUE,
          "born" DATE, "rating" VARCHAR(40) NOT NULL DEFAULT 0, "active" INT NOT NULL DEFAULT 1);
        CREATE TABLE "book" ("id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, "title" VARCHAR(200) NOT NULL,
          "made" TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, "data" JSON,
          "author_id" INT NOT NULL REFERENCES "author" ("id") ON DELETE RESTRICT,
          CONSTRAINT "uid_book_title" UNIQUE ("title", "author_id"));
        CREATE INDEX "idx_book_title" ON "book" ("title");
        CREATE TABLE "tag" ("id" CHAR(36) NOT NULL PRIMARY KEY, "word" VARCHAR(30) NOT NULL DEFAULT 'none');
        CREATE TABLE "book_tag" ("book_id" BIGINT NOT NULL REFERENCES "book" ("id") ON DELETE CASCADE,
          "tag_id" CHAR(36) NOT NULL REFERENCES "tag" ("id") ON DELETE CASCADE);
        CREATE UNIQUE INDEX "uidx_book_tag" ON "book_tag" ("book_id", "tag_id");
    """,
}
OLD_TORTOISE["mariadb"] = OLD_TORTOISE["mysql"]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_database_of_an_old_tortoise_has_extra_defaults_and_no_drift(
    dialect: str, fresh_database: Callable[[str], str], tmp_path: Path
) -> None:
    """T24, T25: its Python defaults became database defaults; the policy decides, and the warning names each."""
    url = fresh_database(dialect)

    async def create() -> None:
        async with open_server(url) as server:
            await load(server, OLD_TORTOISE[dialect])

    run(create())
    folder = tmp_path / "project"
    folder.mkdir()
    environment = write_library(folder, url)
    report = command(folder, environment, "pytest_schemadrift", "check", "--source", "live")
    assert "in sync" in report
    for column in ("author.active", "book.made", "tag.word"):
        assert column in report.split("ignored (extra default)")[1]
    with (folder / "pyproject.toml").open("a") as file:
        file.write('[tool.schemadrift]\nextra_defaults = "fail"\n')
    strict = run_command(folder, environment, "pytest_schemadrift", "check", "--source", "live")
    assert strict.returncode == 1
    assert "SD205" in strict.stdout


VERSIONED = "CREATE TABLE t (id INT PRIMARY KEY) WITH SYSTEM VERSIONING;"
VIEW = "CREATE VIEW t AS SELECT 1 AS id;"


@pytest.mark.parametrize(
    ("dialect", "script", "reason"),
    [
        pytest.param("mariadb", VERSIONED, "system-versioned tables are not compared", marks=pytest.mark.mariadb),
        *(
            pytest.param(dialect, VIEW, "the database has a view of that name", marks=getattr(pytest.mark, dialect))
            for dialect in ("postgres", "mysql", "mariadb", "sqlite")
        ),
    ],
)
def test_a_table_that_is_there_in_another_form_is_not_missing(
    dialect: str, script: str, reason: str, fresh_database: Callable[[str], str]
) -> None:
    """It is said, and nothing is planned that could only fail."""

    async def check() -> None:
        async with open_server(fresh_database(dialect)) as server:
            await load(server, script)
            found = await compare_with_script(server, "CREATE TABLE t (id INT PRIMARY KEY);", Policy())
            assert not found.plan
            assert [(item.name, item.reason) for item in found.unreadable] == [("t", reason)]

    run(check())
