"""Migrations as a source: found where their tools look, run by them, their defects shown for what they are."""

from __future__ import annotations

import importlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tortoise.backends.base.executor import EXECUTOR_CACHE
from tortoise.context import TortoiseContext

from pytest_schemadrift.commands import CheckOptions, check_project, open_project
from pytest_schemadrift.commands.databases import bring_up
from pytest_schemadrift.core import progress
from pytest_schemadrift.errors import ConfigurationError, ServerUnavailable
from pytest_schemadrift.planning.drift import Drift
from pytest_schemadrift.report.words import origin_of, unreadable_text
from pytest_schemadrift.schema.changes import simple_changes
from pytest_schemadrift.servers import Server
from pytest_schemadrift.sources.migrations import absent_numbers, find_migrations
from pytest_schemadrift.sources.orm import aerich as pairs
from tests.conftest import POSTGRES_VERSION
from tests.harness import run

EXAMPLES = Path(__file__).parents[1] / "examples"
DIALECTS = ("sqlite", "postgres", "mysql", "mariadb")
MARKED = [pytest.param(name, marks=getattr(pytest.mark, name)) for name in DIALECTS]


@pytest.fixture(autouse=True)
def forgotten_modules(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Several examples have modules of one name."""
    importlib.invalidate_caches()
    before = set(sys.modules)
    path = list(sys.path)
    yield
    sys.path[:] = path
    for name in set(sys.modules) - before:
        if name.split(".")[0] in ("app", "defects", "native", "olden"):
            del sys.modules[name]


DEFECTS: dict[str, dict[str, list[str]]] = {
    # what the migrations make otherwise than the models want: code, table, and the field that says so
    "constrained": {  # Meta.constraints are never made
        "*": ["SD311 places (class)"],
        "mysql mariadb": ["SD301 places (class)"],
    },
    "loose": {  # db_constraint=False is ignored, and so is a many-to-many field's on_delete
        "sqlite postgres": ["SD412 books author"] + 2 * ["SD412 readers readers"] + 2 * ["SD411 readers readers"],
        "mysql mariadb": [
            "SD412 books author", "SD302 books author", *2 * ["SD412 readers readers"], *2 * ["SD411 readers readers"],
        ],
    },
    "added": {  # an added field has no index, no comment (PostgreSQL), no key (MySQL); on_delete cannot be changed
        "sqlite": ["SD301 things code"],
        "postgres": ["SD412 things owner", "SD301 things code", "SD411 things owner", "SD210 things code"],
        "mysql mariadb": [
            "SD412 things owner", "SD301 things keeper", "SD301 things code",
            "SD411 things keeper", "SD411 things owner",
        ],
    },
    "nested": {"sqlite": ["SD203 profiles_persons friends"]},  # a key to a one-to-one key has the type None
    "indexed": {"sqlite": ["SD302 entries (class)", "SD301 entries title"]},  # an index on the field's name
}  # fmt: skip
FAILURES = {
    "nested": "migration nested.0001_initial fails: ",
    "twice": "migration twice.0001_initial fails: ",
    "indexed": "migration indexed.0001_initial fails: ",
}
TABLES = {"nested": "profiles", "twice": "TagOrg", "indexed": "entries"}


def operation_at(place: str) -> str:
    """The first two lines of the operation in a migration that a failure names."""
    path, _, line = place.rpartition(":")
    return "".join(Path(path).read_text().splitlines()[int(line) - 1 :][:2])


def places_of(drift: Drift) -> list[str]:
    found = []
    for step in drift.steps:
        for change in simple_changes(step.change):
            origin = origin_of(drift, change)
            assert origin is not None
            assert "defects/" in origin.path and origin.line > 1
            found.append(f"{change.code} {change.table} {origin.field or '(class)'}")  # type: ignore[union-attr]
    return found


@pytest.mark.processes
@pytest.mark.parametrize("dialect", MARKED)
def test_defects_of_tortoise_are_drift_at_the_models_line(
    dialect: str, running_server: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    running_server(dialect)  # type: ignore[operator]  # skips where there is none
    monkeypatch.setenv("DEFECTS_ON", dialect.replace("mariadb", "mysql"))
    project = open_project(EXAMPLES / "tool_defects")
    version = {"postgres": POSTGRES_VERSION, "mariadb": "1"}.get(dialect, "")
    sections = {
        name: replace(project.settings.database(name), version=version) for name in project.tortoise.connections
    }
    project = replace(project, settings=replace(project.settings, databases=sections))
    for drift in run(check_project(project, CheckOptions(prove=False))):
        name = drift.connection
        assert (drift.dialect, drift.source) == (dialect, "migrations")
        assert not drift.in_sync
        failures = [unreadable_text(item) for item in drift.unreadable]
        expected = next((DEFECTS[name][key] for key in DEFECTS.get(name, {}) if dialect in key), None)
        if expected is None and name in FAILURES:
            assert len(failures) == 1
            assert failures[0].startswith(FAILURES[name]), failures
            assert str(drift.unreadable[0].table) == TABLES[name]
            assert "ops.CreateModel(" in operation_at(failures[0].rpartition("(")[2].rstrip(")"))
        else:
            assert not failures
            assert sorted(places_of(drift)) == sorted(expected or DEFECTS[name]["*"]), name


NOWHERE = {"sqlite": "sqlite://nowhere/live.sqlite3", "postgres": "asyncpg://u:secret@127.0.0.1:9/shop"}
"""Databases of projects that need none: their migrations are run in one that is spun up."""
FORGOTTEN = (
    "    name = fields.CharField(",
    "    nick = fields.CharField(max_length=20, null=True)\n    name = fields.CharField(",
)


@pytest.fixture
def example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """A copy of an example whose connection is of that dialect."""

    def copy(name: str, dialect: str = "sqlite", url: str = "") -> Path:
        target = tmp_path / name
        shutil.copytree(EXAMPLES / name, target, ignore=shutil.ignore_patterns("__pycache__", "tests"))
        monkeypatch.setenv("DATABASE_URL", url or NOWHERE.get(dialect, "mysql://u:secret@127.0.0.1:9/shop"))
        version = {"postgres": POSTGRES_VERSION, "mariadb": "1"}.get(dialect, "")
        with (target / "pyproject.toml").open("a") as file:
            file.write(f'[tool.schemadrift.databases.default]\nprovider = "auto"\nversion = "{version}"\n')
        return target

    return copy


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))


def check(folder: Path) -> Drift:
    (drift,) = run(check_project(open_project(folder), CheckOptions(prove=False)))
    return drift


def only_change(drift: Drift) -> tuple[str, str]:
    """The code, and the line of the model's source, of a drift of one change."""
    assert not drift.unreadable
    (step,) = drift.steps
    (change,) = simple_changes(step.change)
    origin = origin_of(drift, change)
    assert origin is not None
    return change.code, f"{origin.path}:{origin.line}"


def aerich(folder: Path, *arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "aerich", *arguments], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def phases(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a sign of life could have said, in its order."""
    told: list[str] = []

    class Told(dict[str, progress.Doing]):
        def __setitem__(self, key: str, value: progress.Doing) -> None:
            told.append(value.words)
            super().__setitem__(key, value)

    monkeypatch.setattr(progress, "_now", Told(phase=progress.Doing(""), whole=progress.Doing("")))
    return told


@pytest.mark.processes
@pytest.mark.parametrize("dialect", MARKED)
def test_native_migrations_are_run_and_a_forgotten_one_is_found(
    dialect: str, running_server: Callable[[str], Server], example: Callable[..., Path], phases: list[str]
) -> None:
    running_server(dialect)  # skips where there is none
    folder = example("native_migrations", dialect)
    drift = check(folder)
    running = [f"running the migration native.{name}" for name in ("0001_initial", "0002_names", "0003_first_user")]
    at = phases.index(running[0])
    assert phases[at : at + 3] == running  # and not "importing the models", however long it takes
    assert drift.in_sync, [unreadable_text(item) for item in drift.unreadable]
    assert (drift.source, drift.dialect, drift.database) == ("migrations", dialect, "")
    _forget(folder / "native")
    drift = check(folder)
    assert only_change(drift) == ("SD201", "native/models.py:8")
    assert drift.remedy.startswith("tortoise makemigrations")


@pytest.mark.processes
@pytest.mark.parametrize("dialect", MARKED)
def test_aerich_migrations_are_run_and_a_forgotten_one_is_found(
    dialect: str, fresh_database: Callable[[str], str], example: Callable[..., Path], phases: list[str]
) -> None:
    folder = example("aerich_migrations", dialect, fresh_database(dialect))
    shutil.rmtree(folder / "migrations")
    aerich(folder, "init-db")  # writes them in the words of this dialect
    drift = check(folder)
    at = phases.index("running the migrations of olden")
    assert "importing the models" in phases[:at]
    assert drift.in_sync, [unreadable_text(item) for item in drift.unreadable]
    assert (drift.source, drift.dialect) == ("migrations", dialect)
    _forget(folder / "olden")
    drift = check(folder)
    assert only_change(drift) == ("SD201", "olden/models.py:8")
    assert drift.remedy.startswith("aerich migrate")


def _forget(package: Path) -> None:
    """Add a field to the model, and no migration."""
    edit(package / "models.py", *FORGOTTEN)
    for name in [name for name in sys.modules if name.split(".")[0] == package.name]:
        del sys.modules[name]
    importlib.invalidate_caches()


LATER = """
from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("native", "0003_first_user")]

    operations = [ops.AddField(model_name="User", name="nick", field=fields.CharField(max_length=20, null=True))]
"""


def test_rows_that_migrations_write_do_not_spoil_those_of_tests(example: Callable[..., Path]) -> None:
    folder = example("native_migrations")
    edit(folder / "native/models.py", *FORGOTTEN)
    (folder / "native/migrations/0004_nick.py").write_text(LATER)
    project = open_project(folder)
    EXECUTOR_CACHE.clear()  # another test may have used a table of that name

    async def saved_nicks() -> object:
        url = f"sqlite://{folder}/own.sqlite3"
        await bring_up(project, "default", url)
        user = importlib.import_module("native.models").User
        async with TortoiseContext() as context:
            await context.init(db_url=url, modules={"native": ["native.models"]})
            await user.create(email="a@example.org", nick="a")  # migration 3 wrote a user, who had no nick then
            return await user.all().order_by("id").values_list("nick", flat=True)

    assert run(saved_nicks()) == [None, "a"]


def test_what_is_found_is_described(example: Callable[..., Path]) -> None:
    native = open_project(example("native_migrations")).tortoise
    found = find_migrations(native, "default")
    assert found is not None
    assert (str(found), dict(found.apps)) == ("3 of Tortoise", {"native": "native.migrations"})
    folder = example("aerich_migrations")
    found = find_migrations(open_project(folder).tortoise, "default")
    assert found is not None
    assert (str(found), dict(found.apps)) == ("2 of Aerich", {"olden": str(folder / "migrations" / "olden")})
    shutil.rmtree(folder / "migrations" / "olden")
    assert find_migrations(open_project(folder).tortoise, "default") is None


@pytest.mark.processes
def test_an_app_without_migrations_is_mentioned(example: Callable[..., Path]) -> None:
    folder = example("native_migrations")
    (folder / "other.py").write_text(
        "from tortoise import fields, Model\n\nclass Other(Model):\n    id = fields.IntField(primary_key=True)\n"
    )
    edit(folder / "native/settings.py", '"native.migrations"}', '"native.migrations"}, "more": {"models": ["other"]}')
    drift = check(folder)
    assert only_change(drift) == ("SD101", "other.py:3")
    assert "no migrations were found for app 'more'" in drift.notes


FAILING = """
from tortoise import migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("native", "0003_first_user")]

    operations = [
        ops.RunSQL("SELECT 1"),
        ops.RunSQL("ALTER TABLE nowhere ADD COLUMN a INT"),
    ]
"""


@pytest.mark.processes
def test_a_native_migration_that_fails_is_told_with_its_line(example: Callable[..., Path]) -> None:
    folder = example("native_migrations")
    path = folder / "native/migrations/0004_wrong.py"
    path.write_text(FAILING)
    (failure,) = check(folder).unreadable
    text = unreadable_text(failure)
    assert text.startswith("migration native.0004_wrong fails: ")
    assert "no such table: nowhere" in text
    assert text.endswith(f"({path}:11)")


@pytest.mark.processes
def test_an_aerich_migration_that_fails_is_told_with_its_file(example: Callable[..., Path]) -> None:
    folder = example("aerich_migrations")
    path = folder / "migrations/olden/1_20260102000000_names.py"
    edit(path, 'ALTER TABLE "users" ADD', 'ALTER TABLE "nowhere" ADD')
    drift = check(folder)
    (failure,) = drift.unreadable
    text = unreadable_text(failure)
    assert text.startswith("migration olden/1_20260102000000_names.py fails: ")
    assert "no such table: nowhere" in text
    assert text.endswith(f"({path})")
    assert [change.code for step in drift.steps for change in simple_changes(step.change)] == ["SD201"]
    assert drift.remedy == "correct the migration olden/1_20260102000000_names.py"
    path.rename(path.with_name("6_names.py"))
    drift = check(folder)
    restore = f"restore the migrations that are missing in {path.parent} (1 to 5), or correct this one"
    assert drift.remedy == restore, "Aerich numbers them without gaps"


def test_numbers_that_no_migration_has() -> None:
    assert absent_numbers(["6_a.py", "7_b.py"], "6_a.py") == "0 to 5"
    assert absent_numbers(["0_a.py", "2_b", "5_c.py", "5_d.py", "9_e.py"], "5_d.py") == "1, 3 to 4"
    assert absent_numbers(["0_a.py", "1_b.py"], "1_b.py") == ""


@pytest.mark.processes
@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("native_migrations", "native/migrations/0002_names.py"),
        ("aerich_migrations", "migrations/olden/1_20260102000000_names.py"),
    ],
)
def test_a_migration_that_cannot_be_loaded_is_no_traceback(example: Callable[..., Path], name: str, path: str) -> None:
    folder = example(name)
    file = folder / path
    file.write_text(f"import nowhere_to_be_found\n{file.read_text()}")
    with pytest.raises(ConfigurationError) as caught:
        check(folder)
    assert "the migrations cannot be loaded: ModuleNotFoundError: No module named 'nowhere_to_be_found'" in str(
        caught.value
    )
    assert f"where: {file}:1" in str(caught.value)


def test_a_setting_that_names_no_package_is_a_mistake(example: Callable[..., Path]) -> None:
    folder = example("native_migrations")
    edit(folder / "native/settings.py", "native.migrations", "native.nothing")
    with pytest.raises(ConfigurationError, match=r"app 'native' has no package 'native\.nothing' of migrations"):
        find_migrations(open_project(folder).tortoise, "default")


def test_where_no_server_can_be_had_a_hook_skips_and_everybody_else_fails(example: Callable[..., Path]) -> None:
    project = open_project(example("native_migrations", "postgres"))
    (name,) = project.tortoise.connections
    nowhere = {name: replace(project.settings.database(name), provider="postgres", version="99")}
    project = replace(project, settings=replace(project.settings, databases=nowhere))
    with pytest.raises(ServerUnavailable):
        run(check_project(project, CheckOptions(source="migrations")))
    (drift,) = run(check_project(project, CheckOptions(source="migrations", unreachable="skip")))
    assert drift.skipped.startswith("skipped: ")
    assert not drift.in_sync


@pytest.mark.processes
def test_what_tortoise_migrate_passes_over_is_missing(example: Callable[..., Path]) -> None:
    """makemigrations guesses the package of an app without the setting; migrate applies none of it, and ends well."""
    folder = example("native_migrations")
    edit(folder / "native/settings.py", ', "migrations": "native.migrations"', "")
    done = subprocess.run(
        [sys.executable, "-m", "tortoise", "migrate"],
        cwd=folder,
        env={**os.environ, "DATABASE_URL": "sqlite://here.sqlite3", "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "No migrations to apply" in done.stdout and done.returncode == 0, done.stdout + done.stderr
    (drift,) = run(check_project(open_project(folder), CheckOptions(source="migrations", prove=False)))
    assert {type(step.change).__name__ for step in drift.steps} == {"CreateTable"}
    assert "tortoise migrate applies nothing of it" in drift.notes[-1]
    assert drift.remedy == 'write "migrations": "native.migrations" into the app \'native\' of the configuration'


@pytest.mark.parametrize(
    ("line", "tool"),
    [
        ("from tortoise_pathway import Migration as Base", "tortoise-pathway"),
        ("from tortoisemarch.base import BaseMigration as Base", "tortoise-march"),
    ],
)
def test_the_files_of_other_tools_are_not_taken_for_tortoises(
    line: str, tool: str, example: Callable[..., Path]
) -> None:
    folder = example("native_migrations")
    for path in (folder / "native" / "migrations").glob("0*.py"):
        path.write_text(f"{line}\n\n\nclass Migration(Base):\n    operations = []\n")
    project = open_project(folder)
    assert find_migrations(project.tortoise, "default") is None
    with pytest.raises(ConfigurationError, match=f"are those of {tool}, which are not run here"):
        run(check_project(project, CheckOptions(source="migrations")))


@pytest.mark.parametrize(
    ("folder", "line", "tool", "settings"),
    [
        ("migrations/olden", "from tortoise_pathway import Migration as Base", "tortoise-pathway", ""),
        ("migrations", "from tortoisemarch.base import BaseMigration as Base", "tortoise-march", ""),
        ("db/steps", "from tortoisemarch.base import BaseMigration as Base", "tortoise-march", 'location = "db/steps"'),
    ],
)
def test_other_tools_are_found_where_they_write(
    folder: str, line: str, tool: str, settings: str, example: Callable[..., Path]
) -> None:
    """tortoise-pathway has a folder for each app, tortoise-march one for all, as its section says."""
    project = example("aerich_migrations")
    shutil.rmtree(project / "migrations")
    models = 'tortoise_orm = "olden.settings.TORTOISE_ORM"\n'
    (project / "pyproject.toml").write_text(f"[tool.schemadrift]\n{models}[tool.tortoisemarch]\n{models}{settings}")
    (project / folder).mkdir(parents=True)
    (project / folder / "0001_initial.py").write_text(f"{line}\n\n\nclass Migration(Base):\n    operations = []\n")
    with pytest.raises(ConfigurationError, match=f"are those of {tool}, which are not run here"):
        run(check_project(open_project(project), CheckOptions(source="migrations")))


@pytest.mark.parametrize(
    ("aerich", "tortoise", "fits"),
    [("0.7.2", "1.0.0", False), ("0.7.2", "0.25.4", True), ("0.6.3", "1.1.9", False)],
)
def test_a_pair_that_does_not_fit_is_named(
    aerich: str, tortoise: str, fits: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pairs, "aerich_version", lambda: aerich)
    monkeypatch.setattr(pairs, "tortoise_version", lambda: tortoise)
    monkeypatch.setattr("importlib.metadata.requires", lambda name: ["tortoise-orm"])
    if fits:
        pairs.assert_aerich_fits("here")
        return
    with pytest.raises(ConfigurationError, match=f"Aerich {aerich} does not work with Tortoise ORM {tortoise}"):
        pairs.assert_aerich_fits("here")
