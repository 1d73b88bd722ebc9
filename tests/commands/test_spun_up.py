"""Migrations are run on a server like the one that the project's own database is on, or the report says otherwise."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_schemadrift.commands import databases
from pytest_schemadrift.core.config.settings import DatabaseSettings
from pytest_schemadrift.errors import ServerUnavailable
from pytest_schemadrift.servers import Server, ServerKind, server_as_set
from pytest_schemadrift.servers import __name__ as servers_module
from pytest_schemadrift.servers.find import series
from tests.commands.test_pending import EXAMPLES, Deployed
from tests.harness import typed

COLUMNS = {"mariadb": ("INET6", "UUID"), "mysql": ("JSON", "VARBINARY(16)")}


def project_on(url: str, kind: str, folder: Path) -> Deployed:
    """A project with columns of which the other kind of server knows none."""
    shutil.copytree(EXAMPLES / "native_migrations", folder, ignore=shutil.ignore_patterns("__pycache__", "tests"))
    first, second = COLUMNS[kind]
    models = folder / "native" / "models.py"
    fields = "\n\n".join(
        f"class F{number}(fields.CharField):\n    SQL_TYPE = {type_!r}" for number, type_ in enumerate((first, second))
    )
    added = "    extra_a = F0(max_length=40, null=True)\n    extra_b = F1(max_length=40, null=True)\n\n    class Meta"
    text = models.read_text().replace("class User(", f"{fields}\n\n\nclass User(").replace("    class Meta", added, 1)
    models.write_text(text)
    migration = folder / "native" / "migrations" / "0002_names.py"
    sql = f"ALTER TABLE users ADD extra_a {first} NULL, ADD extra_b {second} NULL"
    migration.write_text(migration.read_text().replace("operations = [", f"operations = [ops.RunSQL({sql!r}),", 1))
    return Deployed(folder, url)


@pytest.mark.parametrize("kind", [pytest.param(name, marks=getattr(pytest.mark, name)) for name in COLUMNS])
@pytest.mark.tried("migrations with types that MySQL has and MariaDB has not, and the other way")
def test_they_are_run_on_the_kind_of_server_that_the_database_is_on(
    kind: str, fresh_database: Callable[[str], str], running_server: Callable[[str], Server], tmp_path: Path
) -> None:
    running_server({"mariadb": "mysql", "mysql": "mariadb"}[kind])  # either could have been taken
    project = project_on(fresh_database(kind), kind, tmp_path / "project")
    done = project.drift("check", "--source", "migrations")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith(f"default: {kind} ")
    assert "looked at on" not in done.stdout
    section = f'[tool.schemadrift.databases.default]\nprovider = "{({"mariadb", "mysql"} - {kind}).pop()}"\n'
    pyproject = project.folder / "pyproject.toml"
    pyproject.write_text(pyproject.read_text() + section)
    done = project.drift("check", "--source", "migrations")
    assert "looked at on" in done.stdout, done.stdout + done.stderr
    assert "while the database of 'default' is on" in done.stdout


@pytest.mark.parametrize(
    ("like", "settings", "there", "tried"),
    [
        (ServerKind("mariadb", "11.4"), DatabaseSettings(), "mariadb", [("mariadb", "11.4"), ("mariadb", None)]),
        (ServerKind("mariadb", "11.4"), DatabaseSettings(), "mysql", [("mariadb", "11.4"), ("mariadb", None)]),
        (ServerKind("mysql", "8.4"), DatabaseSettings(), "mysql", [("mysql", "8.4"), ("mysql", None)]),
        (ServerKind("mysql", "8.4"), DatabaseSettings("mariadb"), "mariadb", [("mariadb", None)]),
        (ServerKind("mysql", "8.4"), DatabaseSettings(version="11.8"), "mariadb", [("mariadb", "11.8")]),
        (None, DatabaseSettings(), "mariadb", [("mysql", None), ("mariadb", None)]),
    ],
)
def test_what_the_section_leaves_open_is_as_that_server_says(
    like: ServerKind | None,
    settings: DatabaseSettings,
    there: str,
    tried: list[tuple[str, str | None]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """``there`` is the kind of which some version is installed: 11.8 or 9.7."""
    asked: list[tuple[str, str | None]] = []
    found = object()

    def start(kind: str, *, version: str | None, provider: str) -> object:
        if provider != "docker":
            asked.append((kind, version))
        if provider != "docker" and kind == there and version in (None, "11.8", "9.7"):
            return found
        raise ServerUnavailable("none")

    monkeypatch.setattr(f"{servers_module}.start_server", start)
    if like is not None and like.kind != there and settings == DatabaseSettings():
        assert server_as_set(settings, "mysql", like=like) is found
        assert asked == [*tried, ("mysql", None)]
    else:
        assert server_as_set(settings, "mysql", like=like) is found
        assert asked == tried


def test_a_server_that_does_not_answer_decides_nothing(tmp_path: Path) -> None:
    project = project_on("mysql://nobody@127.0.0.1:9/none", "mariadb", tmp_path / "project")
    from pytest_schemadrift.commands import open_project

    opened = open_project(project.folder)
    assert databases.configured_server(opened, "default") is None


@pytest.mark.parametrize(
    ("kind", "version", "wanted"),
    [
        ("postgres", "16.14 (Debian 16.14-1)", "16"),
        ("postgres", "19rc1", "19"),
        ("mysql", "8.4.3", "8.4"),
        ("mariadb", "11.8.9-MariaDB-0+deb13u1", "11.8"),
        ("mariadb", "5.5.5-10.11.6-MariaDB-log", "10.11"),
    ],
)
def test_the_series_of_a_version(kind: str, version: str, wanted: str) -> None:
    assert series(kind, version) == wanted


@pytest.mark.postgres
def test_texts_of_a_newer_release_are_read_by_the_newest_server_that_is_here(tmp_path: Path) -> None:
    """The wheel has PostgreSQL 16, which is the usual one and knows no virtual columns, and 18."""
    for name, factor in (("old", 2), ("new", 3)):
        column = f"b int GENERATED ALWAYS AS (a * {factor}) VIRTUAL"
        (tmp_path / f"{name}.sql").write_text(f"CREATE TABLE t (a int, {column})")
    done = typed(tmp_path, "diff", "old.sql", "new.sql", "--dialect", "postgres", "--exit-code")
    assert (done.returncode, done.stderr) == (1, "")
    assert 'ALTER TABLE "t" ALTER COLUMN "b" SET EXPRESSION AS ((a * 3));' in done.stdout
    (tmp_path / "new.sql").write_text("CREATE TABLE t (a int, b no_such_type)")
    done = typed(tmp_path, "diff", "old.sql", "new.sql", "--dialect", "postgres", "--exit-code")
    assert done.returncode == 2
    assert "no_such_type" in done.stdout + done.stderr
