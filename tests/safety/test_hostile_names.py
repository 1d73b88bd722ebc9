"""Names, comments and defaults with control characters: nothing printed acts on a terminal, and SQL still runs."""

from __future__ import annotations

import asyncio
import io
import json
import os
import pty
import re
import select
import subprocess
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest

from pytest_schemadrift.cli import main
from pytest_schemadrift.planning.script import readable, runnable
from pytest_schemadrift.shown import has_hidden
from pytest_schemadrift.sources.database import dump, open_server
from tests.harness import PLUGINS_OFF, load, run

tried = pytest.mark.tried("control characters in names, comments and defaults")
BAD = "a\x1b[8m\r\x07\u202eb\x9b2Kc"
"""Hides what follows, goes back to the beginning of the line, rings, turns the direction, erases the line (C1)."""
QUOTES = {"postgres": '"', "mysql": "`", "mariadb": "`", "sqlite": '"'}
KINDS = [pytest.param(name, marks=getattr(pytest.mark, name)) for name in QUOTES]
MODELS = """
from tortoise import fields
from tortoise.models import Model

class Kept(Model):
    id = fields.IntField(primary_key=True)
    note = fields.CharField(max_length=20, description="fine \\x1b[2K{description}")

    class Meta:
        table = "kept"

class Other(Model):
    id = fields.IntField(primary_key=True)

    class Meta:
        table = "other\\x1b[1A\\u202e"
"""
SETTINGS = 'TORTOISE_ORM = {{"connections": {{"default": {url!r}}}, "apps": {{"shop": {{"models": [{models!r}]}}}}}}'


OPTIONS = ["--schema-drift", "--schema-drift-source=live", "-v", "--color=no", "--junitxml=junit.xml"]
OPTIONS += [*PLUGINS_OFF, "-p", "no:xdist"]


def hostile(dialect: str) -> list[str]:
    q = QUOTES[dialect]
    bad = f"{q}{BAD}{q}"
    comment = {"mysql": f" COMMENT 'said {BAD}'", "mariadb": f" COMMENT 'said {BAD}'"}.get(dialect, "")
    statements = [
        f"CREATE TABLE kept (id int NOT NULL PRIMARY KEY, {bad} varchar(40) DEFAULT 'it''s {BAD}'{comment})",
        f"CREATE TABLE {q}t {BAD}{q} (id int NOT NULL PRIMARY KEY, {bad} int)",
        f"CREATE INDEX {q}ix {BAD}{q} ON kept ({bad})",
    ]
    if dialect == "postgres":
        statements += [
            f"COMMENT ON COLUMN kept.{bad} IS 'said {BAD}'",
            f"CREATE TYPE {q}e {BAD}{q} AS ENUM ('v {BAD}')",
        ]
    return statements


def execute(url: str, *statements: str) -> None:
    async def work() -> None:
        async with open_server(url) as server:
            for statement in statements:
                await server.connection.execute(statement)

    asyncio.run(work())


@dataclass
class Project:
    """A project whose database holds such names."""

    dialect: str
    url: str
    folder: Path

    def run(self, *arguments: str) -> tuple[int, str, str]:
        """Exit code, output and errors of a command."""
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as ended:
            main(arguments)
        code = ended.value.code
        assert isinstance(code, int)
        return code, out.getvalue(), err.getvalue()


_numbers = count()


@pytest.fixture(params=KINDS)
def project(
    request: pytest.FixtureRequest,
    fresh_database: Callable[[str], str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Project:
    url = fresh_database(request.param)
    execute(url, *hostile(request.param))
    name = f"hostile_{next(_numbers)}"  # a module is imported once in a process
    (tmp_path / f"{name}_models.py").write_text(MODELS.format(description="\\x9b"))
    (tmp_path / f"{name}_settings.py").write_text(SETTINGS.format(url=url, models=f"{name}_models"))
    (tmp_path / "pyproject.toml").write_text(f'[tool.schemadrift]\ntortoise_orm = "{name}_settings.TORTOISE_ORM"\n')
    monkeypatch.chdir(tmp_path)
    return Project(request.param, url, tmp_path)


def statements_of(script: str) -> list[str]:
    """The statements of a printed script, as a client would send them."""
    texts = (re.sub(r"^--.*\n", "", text, flags=re.MULTILINE) for text in re.split(r";\n", script))
    return [text for text in texts if text.strip()]


def on_a_terminal(folder: Path, answers: str, *arguments: str) -> str:
    """What a person at a terminal sees, who types ``answers``."""
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", *arguments],
        cwd=folder,
        stdin=follower,
        stdout=follower,
        stderr=follower,
        env={**os.environ, "NO_COLOR": "1", "CI": "1"},
        start_new_session=True,
    )
    os.close(follower)
    os.write(leader, answers.encode())
    seen = b""
    while select.select([leader], [], [], 60)[0]:
        try:
            part = os.read(leader, 65536)
        except OSError:
            break
        if not part:
            break
        seen += part
    process.wait(timeout=120)
    os.close(leader)
    return seen.decode().replace("\r\n", "\n")


@pytest.mark.slow
@tried
def test_no_command_and_no_format_prints_one(project: Project) -> None:
    commands = [
        *(("check", "--format", name) for name in ("text", "concise", "markdown", "json", "github", "sarif", "junit")),
        ("-v", "check"),
        ("diff", "--format", "json"),
        ("export", "--format", "json"),
        ("reverse", "--all"),
        ("apply", "--dry-run"),
        ("plan",),
        ("plan", "-o", "plan.json"),
        ("migrate", "--dry-run"),
    ]
    told = {}
    for arguments in commands:
        code, out, err = project.run("--no-color", *arguments)
        assert code in (0, 1), (arguments, err)
        assert not has_hidden(out), (arguments, out)
        assert not has_hidden(err), (arguments, err)
        told[arguments] = out
    assert not has_hidden((project.folder / "plan.json").read_text())
    assert "a\\x1b[8m\\x0d\\x07\\u202eb\\x9b2Kc" in told["check", "--format", "text"]
    exact = json.loads(told["check", "--format", "json"])
    changes = [change for one in exact["connections"] for change in one["changes"]]
    assert BAD in {part["name"] for change in changes for part in (change, *change.get("parts", ()))}
    compile(told["reverse", "--all"], "models.py", "exec")


@tried
def test_colours_are_ours_alone(project: Project) -> None:
    for arguments in (("check",), ("diff",), ("apply", "--dry-run")):
        code, out, err = project.run("--color", *arguments)
        if code == 2:  # SQLite has no spelling
            assert "control characters" in err
            continue
        assert "\x1b[3" in out
        assert "\x1b[8m" not in out
        assert not has_hidden(re.sub(r"\x1b\[[0-9;]*m", "", out)), out


@pytest.mark.processes
@tried
def test_pytest_prints_none(project: Project) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *OPTIONS],
        capture_output=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout
    said = done.stdout.decode()
    assert "\\x1b" in said
    assert not has_hidden(said), said
    assert not has_hidden((project.folder / "junit.xml").read_text())


@tried
def test_what_diff_prints_runs(project: Project) -> None:
    """The plan that drops the hostile column hides nothing, and does it."""
    code, out, err = project.run("diff")
    assert not has_hidden(out)
    if project.dialect == "sqlite":
        assert (code, out) == (2, "")
        assert "schemadrift apply" in err
        return
    assert code == 0, err
    assert "DROP COLUMN" in out
    execute(project.url, *statements_of(out))
    left = json.loads(project.run("check", "--format", "json")[1])
    changes = [change for one in left["connections"] for change in one["changes"]]
    assert not [change for change in changes if change["name"] == BAD], changes


@tried
def test_what_export_prints_makes_the_same(project: Project, fresh_database: Callable[[str], str]) -> None:
    code, out, err = project.run("export")
    assert not has_hidden(out)
    if project.dialect == "sqlite":
        assert code == 2
        assert project.run("export", "-o", "all.sql")[0] == 0
        assert BAD in Path("all.sql").read_bytes().decode()
        return
    assert code == 0, err
    other = fresh_database(project.dialect)
    execute(other, *statements_of(out))

    async def read(where: str) -> object:
        async with open_server(where) as server:
            return await dump(server)

    assert asyncio.run(read(other)) == asyncio.run(read(project.url))


@pytest.mark.processes
@tried
def test_questions_hide_nothing(project: Project) -> None:
    seen = on_a_terminal(project.folder, "n\n" * 12 + "q\n", "pytest_schemadrift", "apply", "--no-safe")
    assert "run it?" in seen, seen
    assert "\\x1b[8m" in seen
    assert not has_hidden(seen), seen


@tried
def test_errors_hide_nothing(project: Project) -> None:
    for arguments in (("reverse", BAD), ("export", BAD), ("--connection", BAD, "check"), ("explain", BAD)):
        code, out, err = project.run(*arguments)
        assert code == 2
        assert not has_hidden(out + err), err


@pytest.mark.parametrize(
    ("sql", "shown"),
    [
        ('DROP TABLE "a\x1b"', 'DROP TABLE U&"a\\001B"'),
        ('DROP TABLE "a\\\x1b""b"', 'DROP TABLE U&"a\\\\\\001B""b"'),
        ("SELECT 'a\\\x1b''b'", "SELECT E'a\\\\\\u001B''b'"),
        ("SELECT E'a\\n\x1b'", "SELECT E'a\\n\\u001B'"),
        ("SELECT E'a\\\x1b'", "SELECT E'a\\u001B'"),
        ("SELECT $$it's \x1b\\$$", "SELECT E'it''s \\u001B\\\\'"),
        ("SELECT 'a'\r, 'b\U000e0001'", "SELECT 'a' , E'b\\U000E0001'"),
        ("SELECT 1 -- \x1b\n", "SELECT 1 -- \\x1b\n"),
        ('SELECT U&"\\0041\x1b"', 'SELECT U&"\\0041\\001B"'),
        ("SELECT 'a\nb'", "SELECT 'a\nb'"),
    ],
)
def test_how_postgresql_spells_them(sql: str, shown: str) -> None:
    assert runnable(sql, "postgres") == shown


LINE = "ann\nDROP TABLE users"


@pytest.mark.tried("a line break in a name or text, shown in a report")
@pytest.mark.parametrize(
    ("sql", "dialect", "shown"),
    [
        (f'DROP TABLE "{LINE}"', "postgres", 'DROP TABLE U&"ann\\000ADROP TABLE users"'),
        (f"COMMENT ON TABLE t IS '{LINE}'", "postgres", r"COMMENT ON TABLE t IS E'ann\nDROP TABLE users'"),
        (f"COMMENT ON TABLE t IS E'it''s {LINE}'", "postgres", r"COMMENT ON TABLE t IS E'it''s ann\nDROP TABLE users'"),
        ("SELECT a -- it's\n FROM t", "postgres", "SELECT a -- it's\n FROM t"),
        ("CREATE VIEW v AS\nSELECT 'x'\nFROM t -- it's", "sqlite", "CREATE VIEW v AS\nSELECT 'x'\nFROM t -- it's"),
        ("ALTER TABLE `t` COMMENT = 'it''s'", "mysql", "ALTER TABLE `t` COMMENT = 'it''s'"),
    ],
)
def test_a_text_makes_no_line_of_its_own(sql: str, dialect: str, shown: str) -> None:
    assert readable(sql, dialect) == shown


@pytest.mark.tried("a line break in a name or text, shown in a report")
@pytest.mark.parametrize("dialect", ["mysql", "mariadb", "sqlite"])
@pytest.mark.parametrize("quoted", [f'"{LINE}"', f"`{LINE}`", f"'{LINE}'"])
def test_where_there_is_no_spelling_the_report_says_so(dialect: str, quoted: str) -> None:
    shown = readable(f"ALTER TABLE t ADD COLUMN {quoted} INT", dialect)
    assert not [line for line in shown.splitlines() if line.lstrip().startswith("DROP")]
    if dialect == "sqlite":
        assert shown.splitlines()[0].endswith("this is not to be copied")
    else:
        assert "\nPREPARE schemadrift" in shown, "it runs as it is shown"


@pytest.mark.tried("a line break in a name or text, shown in a report")
@pytest.mark.mariadb
def test_what_is_shown_runs(fresh_database: Callable[[str], str]) -> None:
    async def work() -> None:
        async with open_server(fresh_database("mariadb")) as server:
            await load(server, "CREATE TABLE users (id int PRIMARY KEY); CREATE TABLE t (id int PRIMARY KEY);")
            shown = readable(f"ALTER TABLE t ADD COLUMN `{LINE}` INT", "mariadb")
            await load(server, shown)
            assert {str(table.name) for table in (await dump(server)).tables} == {"t", "users"}
            names = [column.name for table in (await dump(server)).tables for column in table.columns]
            assert LINE in names

    run(work())
