"""Who the tenants are: what the configuration says, and what is wrong with it in words."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import socket
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_schemadrift.cli.group import run as wait
from pytest_schemadrift.commands.project import Project as Opened
from pytest_schemadrift.commands.project import open_project
from pytest_schemadrift.commands.tenants.find import Tenant, chosen_tenants, find_tenants, project_of
from pytest_schemadrift.commands.tenants.reader import remedy_for
from pytest_schemadrift.core.config.settings import load_settings
from pytest_schemadrift.errors import ConfigurationError
from tests.test_cli import DRIFTED, Project, Run, project, run  # noqa: F401


def tenants(project: Project, text: str) -> None:  # noqa: F811
    path = project.folder / "pyproject.toml"
    path.write_text(
        f"{path.read_text().partition('[tool.schemadrift.tenants')[0]}[tool.schemadrift.tenants.default]\n{text}\n"
    )


@pytest.mark.tried("a tenant whose database's name ends a URL early")
@pytest.mark.parametrize("name", ["b#1.sqlite3", "b?mode=ro", "\tb", "b\n"])
def test_a_name_that_ends_its_url_early_is_refused_and_no_other_database_is_touched(
    name: str,
    project: Project,  # noqa: F811
    run: Run,  # noqa: F811
) -> None:
    """Of ``b#1`` the part behind the # would be lost, and ``b`` altered."""
    with sqlite3.connect(project.folder / "b") as connection:
        connection.executescript("CREATE TABLE users (id INTEGER PRIMARY KEY)")
    connection.close()
    before = (project.folder / "b").read_bytes()
    tenants(project, f"python = '{project.package}.them:names'")
    project.write("them.py", f"def names():\n    return [{name!r}]\n")
    code, out, err = run("apply", "--tenants", "--yes", "--no-safe")
    assert (code, out) == (2, "")
    assert f"the database of tenant {name!r} cannot be opened: in its URL, a ? or # is the end of a name" in err
    assert (project.folder / "b").read_bytes() == before


MIXED = """
class Lazy:
    def __str__(self):
        raise RuntimeError

def names():
    yield from ["a.sqlite3", "a.sqlite3", ("b", "sqlite://b.sqlite3"), ("b", "sqlite://b.sqlite3")]
    yield from ["c#1", "", None, 7, Lazy(), ("d", None), ("e", ""), ("f", "mysql://root@127.0.0.1/f"), ("g", "nowhere")]
    yield from [("h", "sqlite://[h.sqlite3"), ("i", "sqlite://a.sqlite3"), ("i", "sqlite://b.sqlite3")]
    yield from [("j",) * 3, b"k", "l\\udce9", ("m", "sqlite://m\\0"), ("n\\0", 7), ("o", "oracle://x/o")]
"""
WRONG = [
    "c#1",
    "l\\udce9",
    "m",
    "n\\0",
    "d",
    "e",
    "f",
    "g",
    "h",
    "i",
    *(f"item {number}" for number in (6, 7, 8, 9, 17, 18)),
    "o",
]


@pytest.mark.tried("tenants of which some have no name, no database, or somebody else's name")
@pytest.mark.parametrize("executor", [(), ("--executor", "concurrent.futures:ThreadPoolExecutor")])
def test_what_is_wrong_with_some_hides_no_other(
    executor: tuple[str, ...],
    project: Project,  # noqa: F811
    run: Run,  # noqa: F811
) -> None:
    for name in ("a", "b"):
        with sqlite3.connect(project.folder / f"{name}.sqlite3") as connection:
            connection.executescript(DRIFTED)
        connection.close()
    tenants(project, f"python = '{project.package}.them:names'")
    project.write("them.py", MIXED)
    opened = open_project(project.folder)
    there = wait(find_tenants(opened, "default", 5.0))
    assert sorted(tenant.name for tenant in there if tenant.problem) == sorted(WRONG)
    assert [tenant.name for tenant in there if not tenant.problem] == ["a.sqlite3", "b"]

    def read(*options: str) -> dict[str, str]:
        code, out, err = run("check", "--tenants", "--format", "json", *executor, *options)
        assert code == 2, out + err
        parts = json.loads(out)["connections"]
        return {name: part.get("skipped") or str(part["in_sync"]) for part in parts for name in part["tenants"]}

    seen = read()
    assert {name for name, words in seen.items() if words.startswith("not checked: ")} == {*WRONG}
    assert (seen["a.sqlite3"], seen["b"]) == ("False", "False")
    code, out, err = run("apply", "--tenants", "--yes", "--no-safe", *executor)
    assert code == 2, out + err
    assert "2 tenants (a.sqlite3, b): fixed" in out, out + err
    assert "not started" not in out
    seen = read("--unreachable", "skip")
    assert (seen["a.sqlite3"], seen["b"]) == ("True", "True")
    code, out, err = run("fix-sequences", "--tenants")
    assert (code, "two tenants have the name 'i'" in out) == (2, True), out + err
    code, out, err = run("migrate", "--tenants")
    assert (code, "two tenants have the name 'i'" in err) == (2, True), out + err
    assert run("export", "--tenant", "b")[0] == 0
    code, out, err = run("export", "--tenant", "c#1")
    assert (code, out) == (2, ""), err


def test_ten_thousand_names_are_tenants(project: Project) -> None:  # noqa: F811
    project.write("them.py", "async def names():\n    for number in range(10_000):\n        yield f't{number}.sqlite3'")
    tenants(project, f"python = '{project.package}.them:names'")
    there = wait(find_tenants(open_project(project.folder), "default", 5.0))
    assert len(there) == 10_000
    assert not any(tenant.problem for tenant in there)


def found(folder: Path) -> list[tuple[str, str]]:
    opened: Opened = open_project(folder)
    return [(tenant.name, tenant.url) for tenant in wait(find_tenants(opened, "default", 5.0))]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "nothing says where the tenants are"),
        ('schemas = "a"\nquery = "SELECT 1"', "schemas and query exclude each other"),
        ('schema = "a"', "did you mean 'schemas'"),
        ("schemas = 3", "schemas must be a string"),
    ],
)
def test_a_section_names_exactly_one_place(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "pyproject.toml").write_text(f"[tool.schemadrift.tenants.default]\n{text}\n")
    with pytest.raises(ConfigurationError) as error:
        load_settings(tmp_path)
    assert words in str(error.value)
    assert "[tool.schemadrift.tenants.default]" in str(error.value)


def test_a_key_without_a_connection_is_explained(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.schemadrift.tenants]\nschemas = "tenant_*"\n')
    with pytest.raises(ConfigurationError, match=r"write \[tool.schemadrift.tenants.CONNECTION\]"):
        load_settings(tmp_path)


def test_a_file_names_tenants_and_the_environment_their_passwords(
    project: Project,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tenants(project, 'urls = "tenants.txt"')
    monkeypatch.setenv("FOLDER", "shops")
    monkeypatch.setenv("WHOLE", "sqlite://w.sqlite3")
    (project.folder / "tenants.txt").write_text(
        "# who pays\n\nzeta = sqlite://${FOLDER}/z.sqlite3\nsqlite://a.sqlite3\nq = sqlite://q.sqlite3?journal_mode=wal\n"
        "whole = ${WHOLE}\n${WHOLE}?journal_mode=wal\n"
    )
    assert found(project.folder) == [
        ("a.sqlite3", "sqlite://a.sqlite3"),
        ("q", "sqlite://q.sqlite3?journal_mode=wal"),
        ("w.sqlite3", "sqlite://w.sqlite3?journal_mode=wal"),
        ("whole", "sqlite://w.sqlite3"),
        ("zeta", "sqlite://shops/z.sqlite3"),
    ]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("def every(): return ['b.sqlite3', ('x', 'sqlite://c.sqlite3')]", ["b.sqlite3", "x"]),
        ("def every():\n    yield 'b.sqlite3'", ["b.sqlite3"]),
        ("async def every(): return ['sqlite://d.sqlite3']", ["d.sqlite3"]),
        (
            "import asyncio\nasync def ask(): return ['sqlite://d.sqlite3']\ndef every(): return asyncio.run(ask())",
            ["d.sqlite3"],
        ),
        ("def every(): return {'x': 'sqlite://c.sqlite3'}", ["x"]),
        ("async def every():\n    yield 'b.sqlite3'\n    yield 'a.sqlite3'", ["a.sqlite3", "b.sqlite3"]),
    ],
)
def test_a_callable_gives_them_in_any_of_the_usual_ways(
    project: Project,  # noqa: F811
    body: str,
    expected: list[str],
) -> None:
    project.write("tenants.py", body)
    tenants(project, f'python = "{project.package}.tenants:every"')
    there = found(project.folder)
    assert [name for name, _ in there] == expected
    assert dict(there).get("x", "sqlite://c.sqlite3") == "sqlite://c.sqlite3"


def test_a_query_names_files_or_pairs(project: Project) -> None:  # noqa: F811
    project.database("CREATE TABLE tenants (name TEXT, url TEXT); INSERT INTO tenants VALUES ('a', 'sqlite://a.db')")
    tenants(project, 'query = "SELECT name, url FROM tenants"')
    assert found(project.folder) == [("a", "sqlite://a.db")]
    tenants(project, "query = \"SELECT 'one.db'\"")
    assert found(project.folder) == [("one.db", "sqlite://one.db")]


def test_a_tenant_without_its_file_is_told_how_to_create_it(project: Project, run: Run) -> None:  # noqa: F811
    (project.folder / "list.txt").write_text("a = sqlite://a.sqlite3\n")
    tenants(project, 'urls = "list.txt"')
    words = "there is no SQLite database a.sqlite3: correct the path, or create it: schemadrift migrate --tenants"
    assert words in "".join(map(str, run("check", "--tenants")[1:]))
    assert words in "".join(map(str, run("fix-sequences", "--tenants")[1:]))
    run("migrate", "--tenants")
    assert run("check", "--tenants")[0] == 0, "and the advice works"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('urls = "none.txt"', ["cannot be read", "none.txt"]),
        ('urls = "wrong.txt"', ["this line names no tenant", "wrong.txt:2"]),
        ('urls = "unset.txt"', ["NOT_SET_ANYWHERE is not set", "unset.txt:1"]),
        ('urls = "empty.txt"', ["there is no tenant"]),
        ('urls = "twice.txt"', ["two tenants have the name 'a'", "twice.txt:1 and ", "twice.txt:2"]),
        ('urls = "other.txt"', ["tenant 'a' is a database of another kind (postgres)", "other.txt:2"]),
        ('urls = "unread.txt"', ["tenant 'a' is a database of another kind (oracle)", "unread.txt:1"]),
        ('urls = "wrong-kind.txt"', ["http:// is not a database URL", "wrong-kind.txt:1, tenant 'a'"]),
        ('query = "SELECT nothing"', ["nothing", "correct the query"]),
        ('query = "SELECT NULL"', ["is not a tenant", "query, row 1"]),
        ('query = "SELECT 1, 2, 3"', ["3 value(s)", "query, row 1"]),
        ('python = "PACKAGE.settings"', ["module:function"]),
        ('python = "PACKAGE.settings:nothing"', ["has no function 'nothing'"]),
        ('python = "PACKAGE.broken:every"', ["failed: ZeroDivisionError"]),
        ('python = "PACKAGE.broken:none"', ["failed: RuntimeError: StopIteration"]),
        ('python = "PACKAGE.broken:one"', ["failed", "a text instead of a list of texts"]),
        ('schemas = "tenant_*"', ["only PostgreSQL has schemas"]),
        ('urls = ["a.txt"]', ["must be the path of a file", 'write urls = "tenants.txt"']),
    ],
)
def test_what_is_wrong_is_told_in_five_lines(project: Project, run: Run, text: str, words: list[str]) -> None:  # noqa: F811
    project.database("")
    for name, lines in {
        "wrong": "# all of them\nb\n",
        "unset": "sqlite://${NOT_SET_ANYWHERE}\n",
        "empty": "# nobody\n",
        "twice": "a = sqlite://a\na = sqlite://b\n",
        "wrong-kind": "a = http://ann@127.0.0.1/a\n",
        "unread": "a = oracle://ann@127.0.0.1/a\n",
        "other": "# one\na = postgres://ann:s3cret@127.0.0.1/a\n",
    }.items():
        (project.folder / f"{name}.txt").write_text(lines)
    project.write(
        "broken.py", "def every(): return 1 / 0\n\n\ndef one(): return 'acme'\n\n\ndef none(): return next(iter(()))"
    )
    tenants(project, text.replace("PACKAGE", project.package))
    code, out, err = run("check", "--tenants")
    assert code == 2
    assert len(err.strip().splitlines()) <= 5, err
    assert "Traceback" not in err + out
    assert "s3cret" not in err + out
    for word in words:
        assert word in err


def test_without_a_section_the_command_says_what_to_write(project: Project, run: Run) -> None:  # noqa: F811
    project.database("")
    code, _, err = run("check", "--tenants")
    assert code == 2
    assert "[tool.schemadrift.tenants.default]" in err
    assert run("check", "--shard", "1/2")[0] == 2


@pytest.mark.postgres
def test_a_schema_is_a_tenant_whatever_its_name(
    project: Project,  # noqa: F811
    fresh_database: Callable[[str], str],
) -> None:
    from pytest_schemadrift.sources.database import open_server

    url = fresh_database("postgres")
    joint = "&" if "?" in url else "?"
    project.write(
        "settings.py",
        f"TORTOISE_ORM = {{'connections': {{'default': {url + joint + 'schema=base,shared'!r}}}, "
        f"'apps': {{'shop': {{'models': ['{project.package}.models']}}}}}}",
    )
    tenants(project, 'schemas = "tenant_*"')

    async def work() -> list[tuple[str, tuple[str, ...]]]:
        async with open_server(url) as server:
            for name in ('tenant_"A-1"', "tenant_b", "other", "shared"):
                await server.connection.execute(f"CREATE SCHEMA {server.dialect.quote(name)}")
        opened = open_project(project.folder)
        seen = []
        for tenant in await find_tenants(opened, "default", 10.0):
            settings = project_of(opened, tenant, ["audit"]).tortoise.connection("default")
            async with open_server(settings.url) as server:
                assert settings.schemas == (tenant.name, "shared", "audit")
                seen.append((server.info.default_schema, server.info.search_path))
        return seen

    assert wait(work()) == [
        ('tenant_"A-1"', ('tenant_"A-1"', "shared")),
        ("tenant_b", ("tenant_b", "shared")),
    ]
    assert os.environ.get("TORTOISE_ORM") is None


def test_a_name_with_the_characters_of_a_pattern_means_one_tenant() -> None:
    """As the report names it, it must not stand for others whom nobody has been shown."""
    names = ["a", "ab", "a*", "a?", "a[b]", "[", "x=y"]
    there = [Tenant("default", name, "") for name in names]

    def chosen(*patterns: str) -> list[str]:
        return [tenant.name for tenant in chosen_tenants(there, patterns)]

    for name in names:
        assert chosen(name) == [name]
        words = shlex.split(remedy_for([name], ""))
        assert chosen(words[words.index("--tenant") + 1]) == [name]
        others = [tenant for tenant in there if tenant.name != name]
        if name.startswith("a") and len(name) > 1 and name != "ab":  # and it does not when that one is gone
            with pytest.raises(ConfigurationError, match="no tenant is named"):
                chosen_tenants(others, [words[words.index("--tenant") + 1]])
    assert chosen("[ab]*") == ["a", "ab", "a*", "a?", "a[b]"]
    assert chosen() == names


@pytest.mark.mysql
def test_a_server_that_says_nothing_is_not_waited_for_by_each_of_its_tenants(project: Project, run: Run) -> None:  # noqa: F811
    project.write(
        "settings.py",
        "TORTOISE_ORM = {'connections': {'default': 'mysql://root@127.0.0.1:1/own'}, "
        f"'apps': {{'shop': {{'models': ['{project.package}.models']}}}}}}",
    )
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        port = server.getsockname()[1]
        urls = [f"t{number:02d} = mysql://root@127.0.0.1:{port}/t{number:02d}\n" for number in range(12)]
        (project.folder / "tenants.txt").write_text("".join(urls))
        tenants(project, 'urls = "tenants.txt"')
        code, out, err = run("check", "--tenants", "--jobs", "1", "--timeout", "0.1")
        server.setblocking(False)
        asked = 0
        with contextlib.suppress(BlockingIOError):
            while True:
                server.accept()[0].close()
                asked += 1
    assert (code, err) == (2, "")
    assert "12 tenants (t00, t01, t02, t03, t04, t05, t06, t07, t08, t09 and 2 more): not checked: " in out
    assert asked == 4, "once for all of them together, then for three of them"
