"""``schemadrift doctor``: every line is true, what is in the way begins with !, and nothing is a secret."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from pytest_schemadrift.commands.doctor import Finding, _version_of
from pytest_schemadrift.sources.database import open_server
from tests import forks
from tests.harness import as_role, typed

SETTINGS = """
TORTOISE_ORM = {
    "connections": {"default": "%s"},
    "apps": {"shop": {"models": ["shop.models"], "default_connection": "default"}},
}
"""
MODELS = """
from tortoise import fields
from tortoise.models import Model

class User(Model):
    id = fields.IntField(primary_key=True)

    class Meta:
        table = "users"
"""


def project(folder: Path, url: str) -> None:
    (folder / "shop").mkdir()
    (folder / "shop/__init__.py").touch()
    (folder / "shop/models.py").write_text(MODELS)
    (folder / "shop/settings.py").write_text(SETTINGS % url)
    (folder / "pyproject.toml").write_text('[tool.schemadrift]\ntortoise_orm = "shop.settings.TORTOISE_ORM"\n')


def doctor(folder: Path, *options: str, **environment: str) -> tuple[int, list[str], str]:
    done = subprocess.run(
        [*forks.command("pytest_schemadrift"), *options, "doctor"],
        cwd=folder,
        env={key: value for key, value in os.environ.items() if key != "TORTOISE_ORM"} | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout.splitlines(), done.stdout + done.stderr


@pytest.mark.processes
def test_a_project_in_order(tmp_path: Path) -> None:
    project(tmp_path, "sqlite://shop.sqlite3")
    with sqlite3.connect(tmp_path / "shop.sqlite3") as connection:
        connection.execute("CREATE TABLE users (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL)")
    connection.close()
    code, lines, _ = doctor(tmp_path)
    assert code == 0, lines
    assert not [line for line in lines if line.startswith("!")]
    assert f"  tortoise-orm: {version('tortoise-orm')} (supported: >=0.19.3)" in lines
    assert f"  configuration: pyproject.toml [tool.schemadrift] = shop.settings.TORTOISE_ORM in {tmp_path}" in lines
    assert "  live tables: 1" in lines
    assert f"  live server: sqlite {sqlite3.sqlite_version} (supported: 3.37 and newer)" in lines
    assert doctor(tmp_path, "-q")[1] == [], "quiet, it says only what is in the way"


@pytest.mark.processes
def test_problems_are_marked_and_the_rest_is_listed(tmp_path: Path) -> None:
    project(tmp_path, "sqlite://app:secret@shop.sqlite3")  # a server's URL with the scheme of a file
    (tmp_path / "conftest.py").write_text("def schemadrift_ignore_change(change): return True\n")
    code, lines, text = doctor(tmp_path)
    assert code == 2
    assert "  connection: sqlite, database app:***@shop.sqlite3" in lines
    assert "secret" not in text
    (wrong,) = (line for line in lines if line.startswith("!"))
    assert wrong.startswith("! live server: there is no SQLite database")
    assert f"  hooks: schemadrift_ignore_change ({tmp_path}/conftest.py)" in lines
    (tmp_path / "shop/settings.py").write_text("import os\nTORTOISE_ORM = os.environ['NOT_SET_ANYWHERE']\n")
    code, lines, _ = doctor(tmp_path)
    assert code == 2
    assert any(line.startswith("! configuration: ") and "NOT_SET_ANYWHERE" in line for line in lines)
    assert any(line.startswith("  tortoise-orm: ") for line in lines)


@pytest.mark.processes
@pytest.mark.parametrize(
    ("more", "what"),
    [
        ("\n    def (", "shop.models cannot be imported"),
        (
            "class Other(Model):\n    id = fields.IntField(primary_key=True)\n    class Meta: table = 'users'\n",
            "have the same table 'users'",
        ),
    ],
)
def test_models_that_check_would_refuse_are_marked(tmp_path: Path, more: str, what: str) -> None:
    project(tmp_path, "sqlite://shop.sqlite3")
    sqlite3.connect(tmp_path / "shop.sqlite3").close()
    (tmp_path / "shop.sqlite3").touch()
    (tmp_path / "shop/models.py").write_text(MODELS + more)
    code, lines, _ = doctor(tmp_path)
    assert code == 2
    (wrong,) = (line for line in lines if line.startswith("!"))
    assert wrong.startswith("! models: ") and what in wrong
    assert "  live tables: 0" in lines, "the rest is told all the same"


def test_what_would_not_be_found_for_tests_is_marked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A container is promised only where there is something to run it."""
    project(tmp_path, "postgres://ann:s3cret@127.0.0.1:1/shop")
    sections = '[tool.schemadrift.databases.default]\nprovider = "docker"\n[tool.schemadrift.databases.defalt]\n'
    sections += '[tool.schemadrift.tenants.defalut]\nschemas = "t_*"\n'
    strangers = ["other", "apart", "far", "beside", "near"]
    sections += "".join(f"[tool.schemadrift.databases.{name}]\n" for name in strangers)
    with (tmp_path / "pyproject.toml").open("a") as file:
        file.write(sections)
    monkeypatch.setenv("PATH", str(tmp_path))
    lines = typed(tmp_path, "doctor").stdout.splitlines()
    assert "s3cret" not in "\n".join(lines), "it is what a bug report is made of"
    told = dict(pairwise(lines))
    none = "no container of PostgreSQL can be started: there is no docker command (docker on PATH)"
    assert "install Docker" in told[f"! server for tests and migrations: {none}"]
    assert "'default'" in told["! [tool.schemadrift.databases.defalt]: there is no connection 'defalt'"]
    assert "'default'" in told["! [tool.schemadrift.tenants.defalut]: there is no connection 'defalut'"]
    named = [line.partition("]")[0].rpartition(".")[2] for line in lines if line.startswith("! [tool.schemadrift.d")]
    assert named == ["defalt", *strangers], "as they are written"


def test_a_server_that_is_too_old_is_marked(tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / "a.db").close()
    (tmp_path / "a.db").touch()

    async def found() -> Finding:
        async with open_server(f"sqlite://{tmp_path}/a.db") as server:
            return _version_of(replace(server, dialect=replace(server.dialect, oldest=(9999,))))

    finding = asyncio.run(found())
    assert finding.wrong and "(supported: 9999 and newer)" in finding.words and finding.to_do


def test_a_file_that_may_not_be_written_is_in_the_way_of_apply_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "shop.db"
    project(tmp_path, f"sqlite://{file}")
    sqlite3.connect(file).execute("CREATE TABLE users (id INTEGER PRIMARY KEY)").connection.close()
    may = os.access
    monkeypatch.setattr(
        os, "access", lambda path, mode: not (mode & os.W_OK and Path(path) == file) and may(path, mode)
    )
    done = typed(tmp_path, "doctor")
    assert done.returncode == 0, done.stdout
    assert f"  rights for apply: may not write {file}" in done.stdout.splitlines()
    assert f"    to do: make {file} writable for this user, and its file system" in done.stdout.splitlines()


@pytest.mark.postgres
def test_a_missing_right_has_the_statement_that_gives_it(tmp_path: Path, fresh_database: Callable[[str], str]) -> None:
    """The role gets what doctor prints, statement by statement, and can then do what it could not."""
    url = fresh_database("postgres")
    role, owner = f"reader_{os.getpid()}", f"owner_{os.getpid()}"
    project(tmp_path, as_role(f"{url}{'&' if '?' in url else '?'}schema=shop", f"{role}:s3cret"))
    execute(
        url,
        f"CREATE ROLE {role} LOGIN PASSWORD 's3cret'",
        f"CREATE ROLE {owner}",
        "CREATE SCHEMA shop",
        "CREATE TABLE shop.users (id serial PRIMARY KEY, name text)",
        f"GRANT ALL ON SCHEMA shop TO {owner}",
        f"ALTER TABLE shop.users OWNER TO {owner}",
    )
    try:
        code, lines, everything = doctor(tmp_path)
        assert code == 2 and "s3cret" not in everything
        assert "! rights for check: may not use the schema shop" in lines
        assert f'    to do: GRANT USAGE ON SCHEMA "shop" TO "{role}";' in lines
        execute(url, *statements(lines, "! rights for check"))
        code, lines, everything = doctor(tmp_path)
        assert code == 0, f"without CREATEDB, a server is started here: {everything}"
        (scratch,) = (line for line in lines if line.startswith("  scratch database: on PostgreSQL"))
        assert doctor(tmp_path, "--scratch", "server")[0] == 2, "then nobody starts one"
        execute(url, scratch.partition("(")[2].removesuffix(" would allow it)"))
        code, lines, everything = doctor(tmp_path)
        assert code == 0, everything
        assert "  scratch database: may be created on the live server" in lines
        assert f"  rights for apply: may not alter users: it belongs to {owner}" in lines
        assert "  rights for apply: may not count the rows of users" in lines
        assert typed(tmp_path, "apply", "--no-safe", "--no-guided").returncode != 0
        execute(url, *statements(lines, "  rights for apply"))
        _, lines, _ = doctor(tmp_path)
        assert "  rights: all that check and apply need on the live tables" in lines
        done = typed(tmp_path, "apply", "--no-safe", "--no-guided")
        assert done.returncode == 0, done.stdout + done.stderr
        execute(url, f"ALTER ROLE {role} SET default_transaction_read_only = on")
        words = "may not write: default_transaction_read_only is on for its sessions"
        assert f"  rights for apply: {words}" in doctor(tmp_path)[1]
    finally:
        execute(url, "DROP SCHEMA shop CASCADE", f"DROP ROLE {owner}, {role}")


@pytest.mark.parametrize(
    ("dialect", "place"),
    [
        pytest.param("mysql", "{}", marks=pytest.mark.mysql, id="mysql"),
        pytest.param("mariadb", "t%", marks=pytest.mark.mariadb, id="mariadb-wild"),
    ],
)
def test_missing_rights_of_an_account(
    dialect: str, place: str, tmp_path: Path, fresh_database: Callable[[str], str]
) -> None:
    """However the grants there name the database: a second one with another spelling would take the first one away."""
    url = fresh_database(dialect)
    database = urlsplit(url).path.strip("/")
    user = f"reader_{os.getpid()}"
    account = f"'{user}'@'localhost'"
    project(tmp_path, as_role(url, f"{user}:s3cret"))
    execute(
        url,
        "CREATE TABLE users (id INT NOT NULL PRIMARY KEY, name INT)",
        "CREATE VIEW named AS SELECT id FROM users",
        f"CREATE USER {account} IDENTIFIED BY 's3cret'",
        f"GRANT SELECT, DELETE ON `{place.format(database)}`.* TO {account}",
    )
    try:
        code, lines, everything = doctor(tmp_path)
        assert code == 2 and "s3cret" not in everything
        words = f"may not see the definitions of views and the triggers of {database}"
        assert f"! rights for check: {words}" in lines
        (wrong,) = (line for line in lines if "scratch database: " in line)
        execute(url, wrong.partition("(GRANT")[1][1:] + wrong.partition("(GRANT")[2].removesuffix(" would allow it)"))
        execute(url, *statements(lines, "! rights for check"))
        code, lines, everything = doctor(tmp_path)
        assert code == 0, everything
        assert typed(tmp_path, "apply", "--no-safe", "--no-guided").returncode != 0
        execute(url, *statements(lines, "  rights for apply"))
        _, lines, _ = doctor(tmp_path)
        assert "  rights: all that check and apply need on the live tables" in lines
        done = typed(tmp_path, "apply", "--no-safe", "--no-guided")
        assert done.returncode == 0, done.stdout + done.stderr
        execute(as_role(url, f"{user}:s3cret"), "DELETE FROM users")  # which was allowed before, and still is
    finally:
        execute(url, f"DROP USER {account}")


def statements(lines: list[str], begin: str) -> list[str]:
    """The statements to do below the lines that begin so."""
    return [
        after.removeprefix("    to do: ").removesuffix(";") for line, after in pairwise(lines) if line.startswith(begin)
    ]


def execute(url: str, *given: str) -> None:
    async def run() -> None:
        async with open_server(url) as server:
            for statement in given:
                await server.connection.execute(statement)

    asyncio.run(run())


@pytest.mark.mariadb
def test_the_server_for_tests_is_of_the_kind_that_the_project_is_on(
    tmp_path: Path, fresh_database: Callable[[str], str]
) -> None:
    """A connection says ``mysql`` for both kinds: which one the project has, its server says."""
    project(tmp_path, fresh_database("mariadb"))
    lines = typed(tmp_path, "doctor").stdout.splitlines()
    assert [line for line in lines if line.startswith("  server for tests and migrations: MariaDB ")], lines
