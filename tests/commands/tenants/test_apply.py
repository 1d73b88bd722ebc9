"""Tenants fixed: canary, bound, journal, and a run that was killed at any moment goes on where it was."""

from __future__ import annotations

import asyncio
import json
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from pytest_schemadrift.cli.group import run as wait
from pytest_schemadrift.commands import apply as apply_one
from pytest_schemadrift.commands.tenants.apply import Worker
from pytest_schemadrift.commands.tenants.find import Tenant
from pytest_schemadrift.commands.tenants.result import TenantResult
from pytest_schemadrift.errors import ConnectionFailed
from pytest_schemadrift.sources.database import open_server
from tests.commands.tenants.test_check import EXTRA, files, on_postgres
from tests.harness import forget_modules, load
from tests.test_cli import DRIFTED, IN_SYNC, MODELS, Project, Run, project, run  # noqa: F401

ROWS = "; INSERT INTO users (id, email) VALUES (1, 'a@b'), (7, 'c@d')"


def journal(project: Project) -> list[dict[str, Any]]:  # noqa: F811
    lines = (project.folder / "schemadrift-tenants.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def emails(project: Project, name: str) -> list[Any]:  # noqa: F811
    with sqlite3.connect(project.folder / f"{name}.sqlite3") as connection:
        found = connection.execute("SELECT id, email FROM users ORDER BY id").fetchall()
    connection.close()
    return found


@contextmanager
def held(project: Project, name: str) -> Iterator[None]:  # noqa: F811
    """While this lasts a run over all tenants does not come to its end: it waits for this one, ten seconds."""
    with closing(sqlite3.connect(project.folder / f"{name}.sqlite3", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


def test_without_yes_nothing_is_run(project: Project, run: Run) -> None:  # noqa: F811
    files(project, a=DRIFTED, b=IN_SYNC)
    before = (project.folder / "a.sqlite3").read_bytes()
    for arguments, why in ((["--dry-run"], "this was a dry run"), ([], "add --yes")):
        code, out, _ = run("apply", "--tenants", *arguments)
        assert code == 1
        assert out.splitlines()[-1].startswith("nothing was run on the 1 tenant with drift: ")
        assert out.splitlines()[-1].endswith(why)
        assert "column users.age (INT) is missing" in out
    assert (project.folder / "a.sqlite3").read_bytes() == before
    assert not (project.folder / "schemadrift-tenants.jsonl").exists()
    code, out, _ = run("apply", "--tenant", "b", "--dry-run")
    assert (code, out.splitlines()[-1]) == (0, "nothing was run: no tenant has drift to fix")


def test_every_tenant_is_fixed_with_its_rows_and_written_down(project: Project, run: Run) -> None:  # noqa: F811
    files(project, a=DRIFTED + ROWS, b=IN_SYNC, c=DRIFTED + ROWS, d=DRIFTED)
    code, out, _ = run("apply", "--tenants", "--yes", "--jobs", "2")
    assert code == 0, out
    assert "default: 3 tenants (a, c, d): fixed" in out
    assert "default: 1 tenant: in sync" in out
    assert run("check", "--tenants")[0] == 0
    assert emails(project, "a") == emails(project, "c") == [(1, "a@b"), (7, "c@d")]
    entries = journal(project)
    assert [entry["event"] for entry in entries if entry["tenant"] == "a"] == ["begun", "ended"]
    assert {entry["tenant"]: entry["outcome"] for entry in entries if entry["event"] == "ended"} == {
        "a": "fixed",
        "b": "in sync",
        "c": "fixed",
        "d": "fixed",
    }
    assert run("apply", "--tenants", "--yes")[0] == 0  # a run that ended well is followed by a new one


def test_the_account_is_in_the_order_of_the_tenants_whoever_is_done_first(
    project: Project,  # noqa: F811
    run: Run,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Here each waits for the one behind it; the progress on standard error tells the other order."""
    files(project, a=DRIFTED, b=DRIFTED, c=IN_SYNC)
    done = {name: asyncio.Event() for name in "abc"}
    fix = Worker.fix

    async def backwards(worker: Worker, tenants: Sequence[Tenant], *rest: Any) -> AsyncIterator[TenantResult]:
        (tenant,) = tenants
        if tenant.name < "c":
            await done[chr(ord(tenant.name) + 1)].wait()
        async for result in fix(worker, tenants, *rest):
            yield result
        done[tenant.name].set()

    monkeypatch.setattr(Worker, "fix", backwards)
    code, out, _ = run("apply", "--tenants", "--yes", "--canary", "0", "--jobs", "3")
    assert (code, out.splitlines()) == (0, ["default: 2 tenants (a, b): fixed", "default: 1 tenant: in sync"])
    ended = [entry["tenant"] for entry in journal(project) if entry["event"] == "ended"]
    assert ended == ["c", "b", "a"]


def test_what_tenants_have_in_common_is_compared_once(
    project: Project,  # noqa: F811
    run: Run,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Before and after: of six tenants there are three kinds, one of which all of them are in the end."""
    files(project, **{f"t{number}": (DRIFTED, IN_SYNC, EXTRA)[number % 3] + ROWS for number in range(6)})
    compared = []
    examine = apply_one.examine

    async def counted(*arguments: Any, **more: Any) -> Any:
        compared.append(arguments[2])
        return await examine(*arguments, **more)

    monkeypatch.setattr(apply_one, "examine", counted)
    code, out, _ = run("apply", "--tenants", "--yes", "--allow-hazard", "DROPS_INDEX", "--jobs", "1")
    assert code in (0, 1), out
    assert len(compared) <= 4
    assert run("check", "--tenants", "--tenant", "t[0134]")[0] == 0
    assert all(emails(project, f"t{number}") == [(1, "a@b"), (7, "c@d")] for number in range(6))


def test_a_database_that_another_connection_has_models_in_is_like_no_other(project: Project, run: Run) -> None:  # noqa: F811
    """To that tenant the other's tables are not extra, though both databases hold the same."""
    files(project, **dict.fromkeys(["a", "b"], IN_SYNC + "; CREATE TABLE logs (id INTEGER PRIMARY KEY NOT NULL)"))
    project.write("logs.py", "from tortoise import fields\nfrom tortoise.models import Model\n\n" + LOG)
    project.write(
        "settings.py",
        f"""TORTOISE_ORM = {{
    "connections": {{"default": "sqlite://shop.sqlite3", "logs": "sqlite://b.sqlite3"}},
    "apps": {{
        "shop": {{"models": ["{project.package}.models"]}},
        "logs": {{"models": ["{project.package}.logs"], "default_connection": "logs"}},
    }},
}}""",
    )
    path = project.folder / "pyproject.toml"
    path.write_text(path.read_text().replace("[tool.schemadrift]\n", '[tool.schemadrift]\nunmanaged = "fail"\n', 1))
    code, out, _ = run("check", "--tenants", "--connection", "default")
    assert code == 1
    assert "1 tenant (a): 1 change" in out
    assert "1 tenant: in sync" in out


LOG = """class Log(Model):
    id = fields.IntField(primary_key=True)

    class Meta:
        table = "logs"
"""


def test_a_canary_that_fails_ends_the_run_and_resume_goes_on(project: Project, run: Run) -> None:  # noqa: F811
    files(project, a="-", b=DRIFTED, c=DRIFTED)
    code, out, _ = run("apply", "--tenants", "--yes")
    assert code == 2
    assert "1 tenant (a): failed" in out
    assert "2 tenants (b, c): not started: a canary failed" in out
    code, _, err = run("apply", "--tenants", "--yes")
    assert code == 2
    assert "--resume" in err
    with sqlite3.connect(project.folder / "a.sqlite3") as connection:
        connection.executescript(IN_SYNC)
    connection.close()
    code, out, _ = run("apply", "--tenants", "--yes", "--resume")
    assert code == 0, out
    assert run("check", "--tenants")[0] == 0
    code, out, _ = run("apply", "--tenants", "--yes", "--resume")
    assert (code, out) == (0, "default: 3 tenants: settled\n")


def test_a_canary_that_fails_and_other_models_before_the_resume(project: Project, run: Run) -> None:  # noqa: F811
    """Who was fixed for the models of before is fixed for those of now; the canary comes first once more."""
    same_age = "; INSERT INTO users VALUES (1, 'a@b', 44), (7, 'c@d', 44)"
    files(project, a=IN_SYNC, b=IN_SYNC + same_age, c=IN_SYNC)
    arguments = ("apply", "--tenants", "--yes", "--jobs", "1", "--canary", "2")
    models = project.folder / project.package / "models.py"

    def write(age: str) -> None:
        models.write_text(MODELS.replace("IntField(null=True)", age))
        forget_modules([name for name in sys.modules if name.startswith(project.package)], project.folder)

    write("IntField(null=True, unique=True)")
    code, out, _ = run(*arguments, "--allow-hazard", "MAY_FAIL_ON_DATA")
    assert code == 2, out
    assert "1 tenant (a): fixed" in out
    assert "1 tenant (b): failed" in out
    assert "1 tenant (c): not started: a canary failed" in out
    write("BigIntField(null=True)")
    code, out, _ = run(*arguments, "--resume", "--allow-hazard", "LOOSENS_CONSTRAINT")
    assert (code, "3 tenants (a, b, c): fixed" in out) == (0, True), out
    ended = [entry["tenant"] for entry in journal(project) if entry["event"] == "ended"]
    assert ended == ["a", "b", "a", "b", "c"]
    assert emails(project, "b") == [(1, "a@b"), (7, "c@d")]
    assert run("check", "--tenants")[0] == 0


def test_failures_end_the_run_at_the_number_that_was_given(project: Project, run: Run) -> None:  # noqa: F811
    files(project, a=IN_SYNC, b="-", c="-", d=DRIFTED, e=DRIFTED)
    arguments = ("apply", "--tenants", "--yes", "--jobs", "1")
    code, out, _ = run(*arguments, "--stop-after", "2")
    assert code == 2
    assert "2 tenants (b, c): failed: there is no SQLite database ….sqlite3" in out
    assert "2 tenants (d, e): not started: stopped after 2 failure(s)" in out
    code, out, _ = run(*arguments, "--canary", "0", "--stop-after", "3", "--resume")
    assert code == 2
    assert "2 tenants (d, e): fixed" in out
    assert "1 tenant: settled" in out


def test_what_safe_mode_refuses_is_left_and_said(project: Project, run: Run) -> None:  # noqa: F811
    files(project, a=IN_SYNC.replace("age INT", "age INT, fax TEXT") + ROWS, b=IN_SYNC)
    code, out, _ = run("apply", "--tenants", "--yes")
    assert code == 1
    assert "1 tenant (a): drift left: refused: SD202" in out
    code, out, _ = run("apply", "--tenants", "--yes", "--resume", "--allow-hazard", "DELETES_DATA")
    assert code == 0, out
    assert emails(project, "a") == [(1, "a@b"), (7, "c@d")]


def test_options_for_tenants_need_tenants(project: Project, run: Run) -> None:  # noqa: F811
    files(project, a=IN_SYNC)
    for arguments in (
        ["--canary", "1"],
        ["--resume"],
        ["--tenants", "--guided"],
        ["--tenants", "--undo-file", "u.sql"],
    ):
        assert run("apply", *arguments)[0] == 2, arguments


@pytest.mark.sqlite
def test_a_run_that_is_killed_at_any_moment_loses_nothing_and_goes_on(project: Project, run: Run) -> None:  # noqa: F811
    names = [f"t{number}" for number in range(8)]
    files(project, **dict.fromkeys(names, DRIFTED + ROWS))
    chance = random.Random(15)
    arguments = [sys.executable, "-m", "pytest_schemadrift", "apply", "--tenants", "--yes", "--resume", "--jobs", "1"]
    path = project.folder / "schemadrift-tenants.jsonl"

    def attacked(pause: float) -> int:
        """Kill a run some time after it has written its first words, if it is not over by then; how it ended."""
        size = path.stat().st_size if path.exists() else 0
        process = subprocess.Popen(arguments, cwd=project.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while process.poll() is None and (path.stat().st_size if path.exists() else 0) == size:
            time.sleep(0.002)
        time.sleep(pause)
        process.kill()
        return process.wait()

    with held(project, names[-1]):
        assert attacked(0) == -signal.SIGKILL
    for _ in range(4):
        ended = attacked(chance.random() * 0.1)
        assert all(emails(project, name) == [(1, "a@b"), (7, "c@d")] for name in names)
        if ended == 0:
            break
    code, out, _ = run("apply", "--tenants", "--yes", "--resume")
    assert code == 0, out
    assert run("check", "--tenants")[0] == 0
    assert all(emails(project, name) == [(1, "a@b"), (7, "c@d")] for name in names)


LIVED_IN = """
    ALTER TABLE users ALTER age TYPE bigint;
    CREATE FUNCTION old(a mood, u users) RETURNS bigint LANGUAGE sql AS 'SELECT u.age';
    CREATE STATISTICS st (mcv) ON age, id FROM users; COMMENT ON STATISTICS st IS 'ages';
    CREATE POLICY own ON users USING (age IN (SELECT o.age FROM users o));
    CREATE RULE keep AS ON DELETE TO users WHERE old.age > 3 DO INSTEAD UPDATE users SET age = 3 WHERE id = old.id;
    CREATE MATERIALIZED VIEW m AS SELECT age FROM users; CREATE INDEX i ON m ((age + 1))
"""
"""An age of another type, with all that must go and come back for its change."""


async def lived_in(url: str) -> list[Any]:
    """What ``LIVED_IN`` made, as the server prints it, and where."""
    async with open_server(url) as server:
        await server.connection.execute("SET search_path = pg_catalog")
        rows = await server.connection.fetch(
            "SELECT 1, n.nspname::text, pg_get_statisticsobjdef(s.oid), obj_description(s.oid, 'pg_statistic_ext')"
            "  FROM pg_statistic_ext s JOIN pg_namespace n ON n.oid = s.stxnamespace UNION ALL "
            "SELECT 2, schemaname::text, policyname::text, qual FROM pg_policies UNION ALL "
            "SELECT 3, schemaname::text, rulename::text, definition FROM pg_rules WHERE rulename = 'keep' UNION ALL "
            "SELECT 4, schemaname::text, matviewname::text, definition FROM pg_matviews UNION ALL "
            "SELECT 5, schemaname::text, indexname::text, indexdef FROM pg_indexes WHERE indexname = 'i' ORDER BY 1, 2"
        )
        return [tuple(row) for row in rows]


@pytest.mark.postgres
def test_each_schema_is_fixed_in_itself_and_its_neighbours_are_left_alone(
    project: Project,  # noqa: F811
    run: Run,  # noqa: F811
    fresh_database: Callable[[str], str],
) -> None:
    url = fresh_database("postgres")
    nights = ["", "ALTER TABLE users DROP age", "ALTER TABLE users ALTER email DROP NOT NULL", "DROP TABLE users"]
    names = on_postgres(project, url, [*nights, LIVED_IN, LIVED_IN])

    async def bystander() -> None:
        async with open_server(url) as server:
            await load(server, "CREATE SCHEMA other; CREATE TABLE other.users (id INT)")

    wait(bystander())
    lived = wait(lived_in(url))
    assert [row[1] for row in lived] == ["t04", "t05"] * 5
    code, out, _ = run("check", "--tenants", "--format", "json")
    assert {tuple(item["tenants"]) for item in json.loads(out)["connections"]} >= {tuple(names[4:])}
    code, out, _ = run("apply", "--tenants", "--yes", "--allow-hazard", "MAY_FAIL_ON_DATA")
    assert code == 0, out
    code, out, _ = run("check", "--tenants")
    assert code == 0, out
    assert "6 tenants: in sync" in out

    async def columns() -> Any:
        async with open_server(url) as server:
            return await server.connection.fetch(
                "SELECT table_schema::text, count(*) FROM information_schema.columns WHERE table_name = 'users' "
                "GROUP BY 1 ORDER BY 1"
            )

    assert [tuple(row) for row in wait(columns())] == [
        ("other", 1),
        *((name, 3) for name in names),
    ]
    assert wait(lived_in(url)) == lived


@pytest.mark.postgres
def test_a_schema_that_somebody_else_changes_keeps_no_other_waiting_and_case_is_part_of_a_name(
    project: Project,  # noqa: F811
    run: Run,  # noqa: F811
    fresh_database: Callable[[str], str],
) -> None:
    url = fresh_database("postgres")
    names = ['Acme "1"', "acme", "globex"]
    on_postgres(project, url, ["ALTER TABLE users DROP age; INSERT INTO users (email) VALUES ('a@b')"] * 3, names)

    async def all_but_one() -> tuple[int, str, str]:
        async with open_server(with_path(url, "globex"), only_schemas=("globex",)) as server:
            held = frozenset({"globex"})
            async with server.dialect.alone(server.connection, server.info, 1.0, held):
                arguments = ["apply", "--tenants", "--yes", "--jobs", "3", "--canary", "0", "--lock-timeout", "200ms"]
                return await asyncio.to_thread(run, *arguments)

    code, out, err = wait(all_but_one())
    assert code == 2, out + err
    assert 'default: 2 tenants ("Acme \\"1\\"", acme): fixed' in out
    assert "default: 1 tenant (globex): failed: another schemadrift is changing schema globex" in out
    code, out, err = run("apply", "--tenants", "--yes", "--resume")
    assert code == 0, out + err
    code, out, _ = run("check", "--tenants")
    assert (code, "3 tenants: in sync" in out) == (0, True), out

    async def rows() -> list[Any]:
        async with open_server(url) as server:
            found = []
            for name in names:
                table = f"{server.dialect.quote(name)}.users"
                found += await server.connection.fetch(f"SELECT id, email, age FROM {table}")
            return [tuple(row) for row in found]

    assert wait(rows()) == [(1, "a@b", None)] * 3


def with_path(url: str, schema: str) -> str:
    return f"{url}{'&' if '?' in url else '?'}schema={schema}"


@pytest.mark.postgres
def test_a_session_whose_search_path_was_dropped_on_the_way_is_none_of_a_tenant(
    fresh_database: Callable[[str], str],
) -> None:
    """The tables would be made in ``public``."""
    url = fresh_database("postgres")

    async def opened(there: str) -> str:
        async with open_server(there, only_schemas=("acme",)) as server:
            return str(server.info.setting("search_path"))

    async def create() -> None:
        async with open_server(url) as server:
            await server.connection.execute("CREATE SCHEMA acme")

    with pytest.raises(ConnectionFailed, match="there is no schema acme, or this role may not use it"):
        wait(opened(with_path(url, "acme, public")))
    wait(create())
    assert wait(opened(with_path(url, "acme"))).startswith("acme")
    assert wait(opened(with_path(url, "acme, public"))).startswith("acme, ")
    for wrong in (url, with_path(url, "acme2"), with_path(url, "public, acme")):
        with pytest.raises(ConnectionFailed, match="does not look in its own schema first"):
            wait(opened(wrong))


@pytest.mark.postgres
def test_what_tenants_share_is_changed_by_one_of_them_and_the_others_plan_again(
    project: Project,  # noqa: F811
    run: Run,  # noqa: F811
    fresh_database: Callable[[str], str],
) -> None:
    """All want the same missing table of a shared schema: by apply, and by migrate."""
    url = fresh_database("postgres")
    names = on_postgres(project, url, ["DROP TABLE users"] * 4)
    source = (project.folder / project.package / "models.py").read_text()
    shared = """

class Plan(Model):
    id = fields.IntField(primary_key=True)

    class Meta:
        table = "plans"
        schema = "shared"
"""
    project.write("models.py", source + shared)
    for arguments in (["apply", "--yes", "--canary", "0"], ["migrate"]):

        async def forget() -> None:
            async with open_server(url) as server:
                await load(server, "DROP SCHEMA IF EXISTS shared CASCADE; CREATE SCHEMA shared")
                await load(server, "; ".join(f"DROP TABLE IF EXISTS {name}.users" for name in names))

        wait(forget())
        code, out, err = run(arguments[0], "--tenants", "--jobs", "4", *arguments[1:])
        assert code == 0, out + err
        code, out, _ = run("check", "--tenants")
        assert (code, "4 tenants: in sync" in out) == (0, True), out


def test_the_journal_is_in_the_folder_of_the_project(project: Project, run: Run, tmp_path: Path) -> None:  # noqa: F811
    files(project, a=IN_SYNC)
    assert run("apply", "--tenants", "--yes", "--journal", str(tmp_path / "j.jsonl"))[0] == 0
    assert '"outcome": "in sync"' in (tmp_path / "j.jsonl").read_text()
    (tmp_path / "folder").mkdir()
    code, _, err = run("apply", "--tenants", "--yes", "--journal", str(tmp_path / "folder"))
    assert code == 2
    assert "journal" in err


def test_what_a_journal_says_of_other_models_or_of_another_place_is_not_believed(
    project: Project,  # noqa: F811
    run: Run,  # noqa: F811
) -> None:
    """A run that was ended well, and gone on with when the models, the settings or a tenant's database are others."""
    files(project, a=DRIFTED + ROWS, b=IN_SYNC)
    resume = ("apply", "--tenants", "--yes", "--resume")
    assert run(*resume)[0] == 0
    assert "settled" in run(*resume)[1]
    models = project.folder / project.package / "models.py"
    models.write_text(models.read_text().replace("age = ", "size = fields.IntField(null=True)\n    age = "))
    for name in [name for name in sys.modules if name.startswith(project.package)]:
        del sys.modules[name]
    code, out, _ = run(*resume)
    assert (code, "2 tenants (a, b): fixed" in out) == (0, True), out
    (project.folder / "b.sqlite3").rename(project.folder / "c.sqlite3")
    files(project, d=DRIFTED)
    (project.folder / "tenants.txt").write_text("a = sqlite://a.sqlite3\nb = sqlite://d.sqlite3\n")
    code, out, _ = run(*resume)
    assert (code, "1 tenant: settled" in out, "1 tenant (b): fixed" in out) == (0, True, True), out
    assert run("check", "--tenants")[0] == 0


@pytest.mark.postgres
def test_a_tenant_that_somebody_holds_is_waited_for_as_long_as_was_said_and_hides_no_other(
    project: Project,  # noqa: F811
    run: Run,  # noqa: F811
    fresh_database: Callable[[str], str],
) -> None:
    """The rows of a table are looked at before its plan is carried out: that waits, too."""
    url = fresh_database("postgres")
    on_postgres(project, url, ["ALTER TABLE users DROP COLUMN age"] * 2)

    async def work() -> tuple[int, str, str]:
        async with open_server(url) as server:
            await server.connection.execute("BEGIN; LOCK TABLE t00.users IN ACCESS EXCLUSIVE MODE")
            arguments = ["apply", "--tenants", "--yes", "--canary", "0", "--lock-timeout", "300ms"]
            return await asyncio.to_thread(run, *arguments)

    code, out, err = wait(work())
    assert (code, "1 tenant (t01): fixed" in out) == (2, True), out + err
    assert "1 tenant (t00): failed: cannot be read while another session locks it: t00.users" in out


@pytest.mark.parametrize(
    "damage", [b"\xff\xfe\0", b"[1]\nnull\n{}\n", b"[" * 100_000, b'{"event": "ended", "tenant": ["a"]}']
)
@pytest.mark.parametrize("resume", [(), ("--resume",)])
def test_a_journal_that_is_damaged_settles_nobody(
    damage: bytes,
    resume: tuple[str, ...],
    project: Project,  # noqa: F811
    run: Run,  # noqa: F811
) -> None:
    files(project, a=DRIFTED)
    (project.folder / "schemadrift-tenants.jsonl").write_bytes(damage)
    code, out, err = run("apply", "--tenants", "--yes", "--no-safe", *resume)
    assert (code, "1 tenant (a): fixed" in out) == (0, True), out + err
