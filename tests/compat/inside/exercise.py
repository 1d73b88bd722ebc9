"""What must work with every Tortoise: runs inside the environment of a row, which has our package, pytest and drivers.

``SCHEMADRIFT_COMPAT_DIALECTS`` names the databases. Nothing of the suite is imported but ``cut`` beside it.
"""

from __future__ import annotations

import asyncio
import importlib
import inspect
import os
import subprocess
import sys
from collections.abc import Callable, Coroutine, Iterator
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from cut import OPTIONS, RENAMED, write_zoo
from tortoise import Tortoise

from pytest_schemadrift.commands import CheckOptions, Project, check_project
from pytest_schemadrift.core.config.settings import load_settings
from pytest_schemadrift.core.config.tortoise import parse_tortoise_config
from pytest_schemadrift.planning.describe import describe, subject
from pytest_schemadrift.planning.drift import Drift
from pytest_schemadrift.servers import Server, start_server
from pytest_schemadrift.sources.database import open_server

ROOT = Path(__file__).parents[3]
ZOO = ROOT / "tests" / "examples" / "zoo" / "zoo"
DIALECTS = os.environ.get("SCHEMADRIFT_COMPAT_DIALECTS", "sqlite postgres").split()
KEY = RENAMED.get("primary_key", "primary_key")
INDEX = RENAMED.get("db_index", "db_index")
STRICT = {"names": "strict", "extra_defaults": "fail", "unmanaged": "fail"}
NATIVE = find_spec("tortoise.migrations") is not None
AERICH = find_spec("aerich") is not None

on_each = pytest.mark.parametrize("dialect", DIALECTS)


@pytest.fixture(scope="session")
def servers() -> Iterator[Callable[[str], Server]]:
    handles: dict[str, Any] = {}

    def server(dialect: str) -> Server:
        if dialect not in handles:
            handles[dialect] = start_server(dialect)
        return handles[dialect].server

    yield server
    for handle in handles.values():
        handle.stop()


@pytest.fixture
def empty(servers: Callable[[str], Server], request: pytest.FixtureRequest) -> Callable[[str], str]:
    names = iter(range(100))
    stem = "".join(letter if letter.isalnum() else "_" for letter in request.node.name)[-40:]
    return lambda dialect: servers(dialect).create_database(f"{stem}_{next(names)}")


def run(coroutine: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(coroutine)


# --- the zoo: what generate_schemas of this Tortoise writes -----------------------------------------------------------


@pytest.fixture
def zoo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, str], dict[str, Any]]]:
    monkeypatch.syspath_prepend(str(ZOO.parent))
    modules = importlib.import_module("zoo.settings").MODULES
    _forget_zoo()

    def make(dialect: str, url: str) -> dict[str, Any]:
        write_zoo(ZOO, tmp_path, modules[dialect])
        monkeypatch.syspath_prepend(str(tmp_path))
        apps = {name.partition(".")[2]: {"models": [name]} for name in modules[dialect]}
        return {"connections": {"default": url}, "apps": apps}

    yield make
    _forget_zoo()


def _forget_zoo() -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "zoo"]:
        del sys.modules[name]


async def generate(config: dict[str, Any]) -> None:
    await Tortoise.init(config=config)
    try:
        await Tortoise.generate_schemas(safe=False)
    finally:
        await Tortoise.close_connections()
        await Tortoise._reset_apps()  # the classic one would remember the apps of another test


def project_of(config: dict[str, Any], folder: Path, **settings: object) -> Project:
    tortoise = parse_tortoise_config(config, origin="here", project_dir=folder)
    return Project(load_settings(folder, {"source": "live", **STRICT, **settings}), tortoise)


def drift_of(config: dict[str, Any], folder: Path, **settings: object) -> Drift:
    (drift,) = run(check_project(project_of(config, folder, **settings), CheckOptions()))
    return drift


def assert_in_sync(drift: Drift) -> None:
    assert [describe(step.change) for step in drift.steps] == []
    assert drift.unreadable == ()
    assert drift.in_sync


@on_each
def test_zoo(dialect: str, empty: Callable[[str], str], zoo: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    """What this Tortoise created is in sync, by the strictest rules; what is changed in it is found and fixed."""
    config = zoo(dialect, empty(dialect))
    run(generate(config))
    drift = drift_of(config, tmp_path)
    assert_in_sync(drift)
    assert len(drift.tables) > 30
    assert drift.compared == "static", "a database in sync costs no scratch database"


TYPES = {
    "postgres": "ALTER TABLE custom ALTER COLUMN country TYPE varchar(7)",
    "mysql": "ALTER TABLE custom MODIFY country varchar(7) NOT NULL",
    "mariadb": "ALTER TABLE custom MODIFY country varchar(7) NOT NULL",
}


@on_each
def test_mutations(
    dialect: str, empty: Callable[[str], str], zoo: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    """Each is found at its table; the plan brings the database back, proven, and rows are kept."""
    url = empty(dialect)
    config = zoo(dialect, url)
    run(generate(config))
    quote = "`" if dialect in ("mysql", "mariadb") else '"'
    statements = [
        f"INSERT INTO {quote}smallkey{quote} VALUES (1), (2)"
        if dialect != "sqlite"
        else "INSERT INTO smallkey VALUES (1), (2)",
        "INSERT INTO naturalkey VALUES (7), (8), (9)",
        "INSERT INTO textkey VALUES ('a'), ('it''s')",
        "ALTER TABLE textkey ADD COLUMN surplus INT",
        "ALTER TABLE naturalkey ADD COLUMN more VARCHAR(10) DEFAULT 'x'",
        "ALTER TABLE nullable DROP COLUMN whole",
        "DROP TABLE onetogether",
        "CREATE INDEX odd ON keyed (day)",
        "ALTER TABLE bigkey ADD COLUMN wrong INT",
        *([TYPES[dialect]] if dialect in TYPES else []),
    ]
    touched = {"textkey", "naturalkey", "nullable", "onetogether", "keyed", "bigkey"} | (
        {"custom"} if dialect in TYPES else set()
    )

    async def mutate() -> None:
        async with open_server(url, None) as server:
            for statement in statements:
                await server.connection.execute(statement)

    run(mutate())
    drift = drift_of(config, tmp_path)
    assert touched <= {str(subject(step.change)[0]) for step in drift.steps}
    assert drift.proven, drift.proof_note

    async def fix() -> list[int]:
        async with open_server(url, None) as server:
            for statement in drift.plan.sql():
                await server.connection.execute(statement)
            return [
                (await server.connection.fetch(f"SELECT count(*) FROM {table}"))[0][0]
                for table in ("smallkey", "naturalkey", "textkey")
            ]

    assert run(fix()) == [2, 3, 2]
    assert_in_sync(drift_of(config, tmp_path))


# --- a project, and the commands in processes of their own ------------------------------------------------------------

MODELS = f'''
from tortoise import fields
from tortoise.models import Model


class Author(Model):
    """People who write."""

    id = fields.IntField({KEY}=True)
    name = fields.CharField(max_length=100, unique=True, description="as on the cover")
    born = fields.DateField(null=True)
    active = fields.BooleanField(default=True)
    mood = fields.CharField(max_length=20, default="good")


class Tag(Model):
    id = fields.UUIDField({KEY}=True)
    word = fields.CharField(max_length=30)


class Book(Model):
    id = fields.BigIntField({KEY}=True)
    title = fields.CharField(max_length=200, {INDEX}=True)
    author = fields.ForeignKeyField("library.Author", related_name="books", on_delete=fields.RESTRICT)
    tags = fields.ManyToManyField("library.Tag", related_name="books")
    made = fields.DatetimeField(auto_now_add=True)
    data = fields.JSONField(null=True)

    class Meta:
        unique_together = (("title", "author"),)
        indexes = (("title", "made"),)
'''
CONTRIB = (
    "'contenttypes': {'models': ['pytest_schemadrift.contrib.contenttypes']}, "
    "'permissions': {'models': ['pytest_schemadrift.contrib.permissions']}"
)


def write_project(
    folder: Path, url: str, *, contrib: bool = False, tool_models: str = "", migrations: str = "", apps: str = ""
) -> None:
    package = folder / "library"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "models.py").write_text(MODELS)
    more = f"{apps}, {CONTRIB}" if contrib else apps
    (package / "settings.py").write_text(
        f"TORTOISE_ORM = {{'connections': {{'default': {url!r}}}, 'apps': {{'library': {{'models': ['library.models'"
        f"{tool_models}], 'default_connection': 'default'{migrations}}}{more}}}}}\n"
    )
    (folder / "pyproject.toml").write_text(
        '[tool.tortoise]\ntortoise_orm = "library.settings.TORTOISE_ORM"\n'
        '[tool.schemadrift]\nextra_defaults = "fail"\nunmanaged = "fail"\n'
    )


def command(folder: Path, *arguments: str, expected: int = 0, warn: str = "ignore") -> str:
    environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONWARNINGS": warn}
    done = subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == expected, done.stdout + done.stderr
    return done.stdout + done.stderr


def schemadrift(folder: Path, *arguments: str, expected: int = 0) -> str:
    return command(folder, "pytest_schemadrift", *arguments, expected=expected)


@on_each
def test_migrate(dialect: str, empty: Callable[[str], str], tmp_path: Path) -> None:
    """Tables, and the rows of the two apps that come with us; the second run finds nothing to do."""
    url = empty(dialect)
    write_project(tmp_path, url, contrib=True)
    assert "created table permissions_permission" in schemadrift(tmp_path, "migrate")
    assert "nothing to create" in schemadrift(tmp_path, "migrate")
    assert "in sync" in schemadrift(tmp_path, "check", "--source", "live")

    async def rows() -> list[int]:
        async with open_server(url, None) as server:
            tables = ("contenttypes_contenttype", "permissions_permission")
            return [(await server.connection.fetch(f"SELECT count(*) FROM {table}"))[0][0] for table in tables]

    assert run(rows()) == [5, 20]


@on_each
def test_reverse(dialect: str, empty: Callable[[str], str], tmp_path: Path) -> None:
    """The models that are written can be imported by this Tortoise, and want just the tables that they came from."""
    url = empty(dialect)
    write_project(tmp_path, url)
    schemadrift(tmp_path, "migrate")
    schemadrift(tmp_path, "reverse", "--all", "--app", "library", "-o", "library/again.py")
    (tmp_path / "library" / "again.py").rename(tmp_path / "library" / "models.py")
    assert "in sync (4 tables" in schemadrift(tmp_path, "check", "--source", "live")
    command(tmp_path, "library.models", warn="error")


def test_snapshot_and_the_commit_hook(tmp_path: Path) -> None:
    write_project(tmp_path, "sqlite://nowhere.sqlite3")
    schemadrift(tmp_path, "snapshot")
    hook = [sys.executable, str(ROOT / "hooks" / "schemadrift_hook.py"), "snapshot", "--check"]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "SCHEMADRIFT_PYTHON": sys.executable}
    assert subprocess.run(hook, cwd=tmp_path, env=environment, check=False).returncode == 0
    models = tmp_path / "library" / "models.py"
    models.write_text(MODELS.replace("born =", "died = fields.DateField(null=True)\n    born ="))
    assert subprocess.run(hook, cwd=tmp_path, env=environment, check=False).returncode == 1
    assert "died" in schemadrift(tmp_path, "check", "--source", "snapshot", expected=1)


TESTS = '''
import asyncio

import pytest
from tortoise import Tortoise

from library.models import Author


def test_rows(schemadrift_databases, schema_drift):
    """The project's own Tortoise works in the database that was spun up, before, between and after our looks."""
    url = schemadrift_databases["default"].url

    async def use():
        await Tortoise.init(db_url=url, modules={"library": ["library.models"]})
        try:
            await Author.create(name="Ann")
            schema_drift.check("default").assert_none()
            await Author.create(name="Bob")
            return await Author.all().count()
        finally:
            await Tortoise.close_connections()

    assert asyncio.run(use()) == 2
'''


@on_each
def test_plugin(dialect: str, servers: Callable[[str], Server], empty: Callable[[str], str], tmp_path: Path) -> None:
    """Items, fixtures, and a database of our own in which the project's Tortoise is at home."""
    write_project(tmp_path, empty(dialect))
    schemadrift(tmp_path, "migrate")
    (tmp_path / "test_rows.py").write_text(TESTS)
    if dialect != "sqlite":
        with (tmp_path / "pyproject.toml").open("a") as file:
            file.write(f'[tool.schemadrift.databases.default]\nprovider = "url"\nurl = "{servers(dialect).url}"\n')
    said = command(tmp_path, "pytest", "-q", "-p", "no:cacheprovider", "--schema-drift")
    assert "6 passed" in said


IN_SCHEMA = f'''
from tortoise import fields
from tortoise.models import Model


class Invoice(Model):
    """Bills."""

    id = fields.IntField({KEY}=True)
    number = fields.CharField(max_length=20, unique=True, description="as printed")
    day = fields.DateField(null=True, {INDEX}=True)
    before = fields.ForeignKeyField("library.Invoice", related_name="later", null=True)
    tags = fields.ManyToManyField("library.Tag", related_name="invoices")

    class Meta:
        schema = "billing"
        table = "invoice"
        indexes = (("number", "day"),)
        unique_together = (("number", "before"),)


class Tag(Model):
    id = fields.IntField({KEY}=True)
    origin = fields.ForeignKeyField("library.Invoice", related_name="descendants", null=True)
'''
USES = """
import asyncio
import sys

sys.path.insert(0, "")

from tortoise import Tortoise

from library.models import Invoice, Tag
from library.settings import TORTOISE_ORM


async def use():
    await Tortoise.init(config=TORTOISE_ORM)
    try:
        first = await Invoice.create(number="1")
        tag = await Tag.create(origin=first)
        await (await Invoice.create(number="2", before=first)).tags.add(tag)
        print(await Invoice.filter(tags__origin__number="1", before__number="1").count(), "found")
    finally:
        await Tortoise.close_connections()


asyncio.run(use())
"""


@pytest.mark.parametrize("dialect", [dialect for dialect in DIALECTS if dialect == "postgres"])
def test_schemas(dialect: str, empty: Callable[[str], str], tmp_path: Path) -> None:
    """``Meta.schema``: the tables are wanted where the queries of this Tortoise ask for them."""
    write_project(tmp_path, empty(dialect))
    models = tmp_path / "library" / "models.py"
    models.write_text(IN_SCHEMA)
    schemadrift(tmp_path, "migrate")
    (tmp_path / "use.py").write_text(USES)
    assert "1 found" in command(tmp_path, "use")
    assert "in sync (3 tables" in schemadrift(tmp_path, "check", "--source", "live")
    models.write_text(IN_SCHEMA.replace("day =", "due = fields.DateField(null=True)\n    day ="))
    assert "column billing.invoice.due (date) is missing" in schemadrift(
        tmp_path, "check", "--source", "live", expected=1
    )
    schemadrift(tmp_path, "apply", "--yes")
    schemadrift(tmp_path, "reverse", "--all", "--app", "library", "-o", "library/again.py")
    (tmp_path / "library" / "again.py").rename(models)
    assert "in sync (3 tables" in schemadrift(tmp_path, "check", "--source", "live")


# --- migrations -------------------------------------------------------------------------------------------------------


def _migrations_say(folder: Path, dialect: str, servers: Callable[[str], Server], tables: int = 4) -> None:
    if dialect != "sqlite":
        with (folder / "pyproject.toml").open("a") as file:
            file.write(f'[tool.schemadrift.databases.default]\nprovider = "url"\nurl = "{servers(dialect).url}"\n')
    assert f"in sync ({tables} tables, migrations and models)" in schemadrift(folder, "check", "--source", "migrations")
    models = folder / "library" / "models.py"
    models.write_text(models.read_text().replace("born =", "died = fields.DateField(null=True)\n    born ="))
    assert "died" in schemadrift(folder, "check", "--source", "migrations", expected=1)


def _records_an_offset() -> bool:
    from tortoise.migrations.recorder import MigrationRecorder

    return "isoformat" in inspect.getsource(MigrationRecorder.record_applied)


@pytest.mark.skipif(not NATIVE, reason="this Tortoise has no migrations")
@on_each
def test_native_migrations(
    dialect: str, servers: Callable[[str], Server], empty: Callable[[str], str], tmp_path: Path
) -> None:
    if dialect == "mariadb" and _records_an_offset():
        pytest.skip("its own record of migrations holds an offset, which MariaDB takes for no time (1292)")
    write_project(tmp_path, empty(dialect), migrations=", 'migrations': 'library.migrations'")
    models = tmp_path / "library" / "models.py"  # 1.0.0 ends in a traceback on an index that is a tuple
    index = 'indexes = (Index(fields=("title", "made")),)'
    models.write_text("from tortoise.indexes import Index\n" + MODELS.replace('indexes = (("title", "made"),)', index))
    if "db_default" not in OPTIONS:  # 1.0's migrations leave out the defaults that its generate_schemas makes
        settings = tmp_path / "pyproject.toml"
        settings.write_text(settings.read_text().replace('extra_defaults = "fail"\n', ""))
    command(tmp_path, "tortoise", "init")
    command(tmp_path, "tortoise", "makemigrations")
    command(tmp_path, "tortoise", "migrate")
    _migrations_say(tmp_path, dialect, servers)


SHOP = f"""
from tortoise import fields
from tortoise.models import Model


class Sale(Model):
    id = fields.IntField({KEY}=True)
    book = fields.ForeignKeyField("library.Book", related_name="sales")
    day = fields.DateField({INDEX}=True)
"""


ENDS = """
import os

from aerich.cli import main

try:
    main()
except SystemExit as done:
    os._exit(done.code or 0)
os._exit(0)
"""
"""Aerich 0.8.2 does its work and never ends: a connection, and so a thread, stays open."""


@pytest.mark.skipif(not AERICH, reason="without Aerich")
@on_each
def test_aerich(dialect: str, servers: Callable[[str], Server], empty: Callable[[str], str], tmp_path: Path) -> None:
    """Of two apps, of which one has Aerich's own model; what a model has gained is made a migration for each."""
    shop = ", 'shop': {'models': ['library.shop'], 'default_connection': 'default'}"
    write_project(tmp_path, empty(dialect), tool_models=", 'aerich.models'", apps=shop)
    (tmp_path / "library" / "shop.py").write_text(SHOP)
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONWARNINGS": "ignore"}
    init = ["init", "-t", "library.settings.TORTOISE_ORM"]
    for arguments in (init, ["--app", "library", "init-db"], ["--app", "shop", "init-db"]):
        command = [sys.executable, "-c", ENDS, *arguments]
        subprocess.run(command, cwd=tmp_path, env=environment, check=True, timeout=120)
    _migrations_say(tmp_path, dialect, servers, 5)
    shop_models = tmp_path / "library" / "shop.py"
    shop_models.write_text(SHOP.replace("day =", "price = fields.IntField(null=True)\n    day ="))
    if not version("aerich").startswith("0.6."):  # whose files are SQL, which we do not write
        said = schemadrift(tmp_path, "make-migration")
        assert "proven: the whole chain was run from empty, then back and forth again" in said
        assert "next: aerich upgrade && aerich --app shop upgrade" in said
        assert "in sync (5 tables" in schemadrift(tmp_path, "check", "--source", "migrations")
