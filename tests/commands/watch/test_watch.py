"""What a watch says, and when: once where the answer changes, and never a secret."""

from __future__ import annotations

import asyncio
import re
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics
from prometheus_client.parser import text_string_to_metric_families as old_format
from ruamel.yaml import YAML

from pytest_schemadrift.commands.project import CheckOptions, open_project
from pytest_schemadrift.commands.watch.answer import together
from pytest_schemadrift.commands.watch.rounds import looker
from pytest_schemadrift.commands.watch.watching import Watcher, WatchOptions, pause
from pytest_schemadrift.dialects.history import Touched
from pytest_schemadrift.report.events import Event, event_lines
from pytest_schemadrift.schema.name import Name
from pytest_schemadrift.sources.database import open_server
from tests.apply.test_interruptions import _Mortal, _patiently, mortal  # noqa: F401
from tests.commands.tenants.test_find import tenants
from tests.harness import as_role, load, run
from tests.test_cli import DRIFTED, IN_SYNC, Project, project  # noqa: F401

MISSING = "ALTER TABLE users DROP COLUMN age"
BACK = "ALTER TABLE users ADD COLUMN age INT"


@asynccontextmanager
async def watcher(
    project: Project,  # noqa: F811
    lines: list[str],
    url: str = "",
    source: str = "live",
) -> AsyncIterator[Watcher]:
    """A watch whose rounds are begun by the test; lines are kept without their time."""

    def say(line: str) -> None:
        time, _, text = line.partition(" ")
        assert time[:2] == "20", line
        lines.append(text.replace(time[:11], "DAY"))

    options = CheckOptions(
        source=source,
        prove=False,
        last_changes=True,
        database_urls=(("default", url),) if url else (),
        timeout=20.0,
    )
    with looker(open_project(), options, jobs=2, limit=60.0) as looking:
        yield Watcher(looking, project.folder / "state.json", WatchOptions(300), say)


def sql(project: Project, script: str, name: str = "shop") -> None:  # noqa: F811
    with sqlite3.connect(project.folder / f"{name}.sqlite3") as connection:
        connection.executescript(script)
    connection.close()


def told(lines: list[str]) -> list[str]:
    """The lines so far, without the times of looks; they are forgotten."""
    said = [line.partition(", not there at ")[0].partition(", there since ")[0] for line in lines]
    lines.clear()
    return said


AGE = "SD201 column users.age (INT) is missing (breaks-queries)"


@pytest.mark.slow
def test_a_drift_is_told_once_when_it_appears_and_once_when_it_goes(project: Project) -> None:  # noqa: F811
    async def rounds() -> None:
        lines: list[str] = []
        project.database(IN_SYNC)
        async with watcher(project, lines) as watch:
            await watch.round()
            assert told(lines) == ["default: in sync, 1 table"]
            await watch.round()
            assert not lines
            sql(project, MISSING)
            await watch.round()
            assert told(lines) == [f"default: drift: {AGE}"]
            await watch.round()
            sql(project, "CREATE INDEX by_hand ON users (email)")
            await watch.round()
            (more,) = told(lines)
            assert more.startswith("default: drift: SD302 ") and "by_hand" in more
            sql(project, f"DROP INDEX by_hand; {BACK}")
            await watch.round()
            assert sorted(told(lines)) == sorted([f"default: gone: {AGE}", more.replace("drift:", "gone:")])
            await watch.round()
            assert not lines

    run(rounds())


@given(st.floats(0.1, 1e5), st.floats(0, 1), st.floats(0, 2))
def test_what_a_round_finds_is_told_within_the_interval(every: float, took: float, longest: float) -> None:
    """A change comes right after a round has read; the next one reads, compares and tells."""
    took, longest = took * every, longest * every
    waited = pause(every, took, longest)
    assert every / 10 <= waited <= every
    if longest <= every / 4 and took <= 0.3 * every:
        assert took + waited + 2 * longest <= every * 1.000001


def test_a_line_says_since_when(project: Project) -> None:  # noqa: F811
    async def rounds() -> None:
        lines: list[str] = []
        project.database(IN_SYNC)
        async with watcher(project, lines) as watch:
            await watch.round()
            sql(project, MISSING)
            await watch.round()
            sql(project, BACK)
            await watch.round()
        assert ", not there at DAY" in lines[1]
        assert ", there since DAY" in lines[2]

    run(rounds())


def test_a_watch_that_is_started_again_knows_what_it_has_told(project: Project) -> None:  # noqa: F811
    async def rounds() -> None:
        lines: list[str] = []
        project.database(DRIFTED)
        async with watcher(project, lines) as watch:
            await watch.round()
        assert "there at the first look" in lines[0]
        assert len(told(lines)) == 2
        async with watcher(project, lines) as watch:
            await watch.round()
            assert not lines
            sql(project, BACK)
            await watch.round()
        assert told(lines) == [f"default: gone: {AGE}"]

    run(rounds())


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"version": 1, "answer": [3]}', b'{"version": 2}'])
def test_a_damaged_state_is_none(project: Project, damage: bytes) -> None:  # noqa: F811
    async def rounds() -> None:
        lines: list[str] = []
        project.database(IN_SYNC)
        (project.folder / "state.json").write_bytes(damage)
        (project.folder / "state.json").chmod(0o600)
        async with watcher(project, lines) as watch:
            await watch.round()
        assert told(lines) == ["default: in sync, 1 table"]

    run(rounds())


def test_a_database_that_nobody_can_look_at_is_told_once_and_ends_no_drift(project: Project) -> None:  # noqa: F811
    async def rounds() -> None:
        lines: list[str] = []
        project.database(IN_SYNC)
        sql(project, MISSING)
        file = project.folder / "shop.sqlite3"
        async with watcher(project, lines) as watch:
            await watch.round()
            told(lines)
            file.rename("away")
            await watch.round()
            await watch.round()
            (line,) = lines
            assert line.startswith("default: not checked: there is no SQLite database shop.sqlite3, last looked at DAY")
            assert line.endswith("; to do: correct the path, or create it: schemadrift migrate")
            assert 'schemadrift_checked{connection="default",source="live"} 0' in page(watch)
            told(lines)
            (project.folder / "away").rename(file)
            await watch.round()
            (line,) = lines
            assert line.startswith("default: can be looked at again, unknown since DAY")

    run(rounds())


def test_whatever_a_driver_raises_the_watch_goes_on(
    project: Project,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def rounds() -> None:
        lines: list[str] = []
        project.database(IN_SYNC)

        def broken(*_: object) -> None:
            raise RuntimeError("lost it: password=s3cret123")

        async with watcher(project, lines) as watch:
            with monkeypatch.context() as patch:
                patch.setattr("pytest_schemadrift.sources.database.get_dialect", broken)
                await watch.round()
            (line,) = lines
            assert line.startswith("default: not checked: unexpected RuntimeError: lost it: password=***; to do: ")
            assert "s3cret123" not in line + page(watch)
            await watch.round()
            assert lines[1].startswith("default: can be looked at again")

    run(rounds())


def test_a_look_that_never_ends_is_given_up(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    async def rounds() -> None:
        lines: list[str] = []
        project.database(IN_SYNC)

        async def never(*_: object) -> None:
            await asyncio.Event().wait()

        monkeypatch.setattr("pytest_schemadrift.commands.check.dump", never)
        with looker(open_project(), CheckOptions(source="live"), jobs=1, limit=0.05) as looking:
            watch = Watcher(looking, project.folder / "state.json", WatchOptions(300), lines.append)
            await watch.round()
        assert "default: not checked: no answer within 0.05 s" in lines[0]

    run(rounds())


@pytest.mark.slow
def test_tenants_are_told_together_and_one_that_goes_is_named(project: Project) -> None:  # noqa: F811
    async def rounds() -> None:
        lines: list[str] = []
        for name in ("a", "b", "c"):
            sql(project, IN_SYNC, name)
        names = project.folder / "tenants.txt"
        names.write_text("".join(f"{name} = sqlite://{name}.sqlite3\n" for name in ("a", "b", "c")))
        tenants(project, 'urls = "tenants.txt"')
        async with watcher(project, lines) as watch:
            await watch.round()
            assert told(lines) == ["default, 3 tenants (a, b, c): in sync, 1 table"]
            for name in ("a", "c"):
                sql(project, MISSING, name)
            await watch.round()
            assert told(lines) == [f"default, 2 tenants (a, c): drift: {AGE}"]
            content = names.read_text()
            names.unlink()
            await watch.round()
            (line,) = told(lines)
            assert line.startswith("default: not checked: ")
            names.write_text(content.replace("b = sqlite://b.sqlite3\n", ""))
            sql(project, BACK, "c")
            await watch.round()
            again, *rest = sorted(told(lines))
            assert again.startswith("default, tenant b: is no longer a tenant")
            assert rest[0] == f"default, tenant c: gone: {AGE}"
            assert rest[1].startswith("default: can be looked at again")
            assert len(rest) == 2

    run(rounds())


def page(watch: Watcher, accept: str = "application/openmetrics-text") -> str:
    found = watch.page("/metrics", accept)
    assert found is not None
    return found.text


def test_the_metrics_are_what_both_parsers_of_prometheus_read(project: Project) -> None:  # noqa: F811
    async def rounds() -> None:
        project.database(DRIFTED)
        async with watcher(project, []) as watch:
            await watch.round()
            text = page(watch)
            for parser in (open_metrics, old_format):
                found = {family.name: family.samples for family in parser(text)}
                assert [sample.value for sample in found["schemadrift_checked"]] == [1]
                assert {
                    (sample.labels["severity"], sample.labels["code"]) for sample in found["schemadrift_changes"]
                } == {
                    ("breaks-queries", "SD201"),
                    ("harmless", "SD203"),
                }
                (success,) = found["schemadrift_last_success_timestamp_seconds"]
                assert success.labels == {"connection": "default"}
                (ended,) = found["schemadrift_round_timestamp_seconds"]
                assert 0 <= ended.value - success.value < 60
                assert found["schemadrift_webhook_pending"][0].value == 0

    run(rounds())


def test_the_documented_collector_reads_the_lines() -> None:
    page_of_docs = (Path(__file__).parents[3] / "docs" / "watch.md").read_text("utf-8")
    (text,) = re.findall(r"```yaml\n(receivers:.*?)```", page_of_docs, re.DOTALL)
    (operator,) = YAML(typ="safe").load(text)["receivers"]["filelog"]["operators"]
    now = "2026-11-29T09:10:17+00:00"
    drift = Event("drift", now, "default", "SD202 column a.b is extra", "harmless", before=now, tenants=("a:1", "b"))
    lines = event_lines([drift, Event("unknown", now, "default", "not checked: no answer within 5 s", before=now)])
    found = [match.groupdict() for line in lines if (match := re.fullmatch(operator["regex"], line))]
    assert found[0] | {"what": ""} == {
        "time": now,
        "who": "default, 2 tenants (a:1, b)",
        "event": "drift",
        "code": "SD202",
        "what": "",
    }
    assert (found[1]["who"], found[1]["what"]) == (
        "default",
        f"not checked: no answer within 5 s, last looked at {now}",
    )


def test_a_line_for_several_tenants_says_of_the_first_ones_who_it_was() -> None:
    def event(tenant: str, changed: str) -> Event:
        return Event("drift", "T2", "default", "SD202 x", since="T2", before="T1", tenants=(tenant,), changed=changed)

    (one,) = together([event("b", "; b.t last changed at T by ann"), event("a", "")])
    assert (one.tenants, one.changed) == (("a", "b"), "; b: b.t last changed at T by ann")
    (many,) = together([event(f"t{number}", f"; x{number}") for number in range(7)])
    assert many.changed == "; t0: x0; t1: x1; t2: x2; t3: x3; t4: x4; and 2 more tenants"
    (alone,) = together([event("a", "; x")])
    assert alone.changed == "; x"


@pytest.mark.parametrize("mortal", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
def test_a_server_that_is_killed_and_comes_back_is_watched_on_by_a_role_that_only_reads(
    mortal: _Mortal,  # noqa: F811
    project: Project,  # noqa: F811
) -> None:
    url = mortal.server.create_database("watched")
    lines: list[str] = []

    async def execute(script: str) -> None:
        async with open_server(url) as server:
            await load(server, script)

    async def rounds() -> None:
        await execute("CREATE TABLE users (id SERIAL PRIMARY KEY, email VARCHAR(255) NOT NULL UNIQUE, age INT)")
        await execute(
            "CREATE ROLE looks LOGIN PASSWORD 'looks'; ALTER ROLE looks SET default_transaction_read_only = on"
        )
        async with watcher(project, lines, as_role(url, "looks:looks")) as watch:
            await watch.round()
            await execute(MISSING)
            await watch.round()
            age = AGE.replace("INT", "integer")
            assert told(lines)[1:] == [f"default: drift: {age}"]
            await execute("ALTER SYSTEM SET track_commit_timestamp = on")
            mortal.kill()
            await watch.round()
            await watch.round()
            (line,) = told(lines)
            assert line.startswith("default: not checked: PostgreSQL")  # gone, or about to go
            assert f"{mortal.folder.name}/run:5432/watched), last looked at DAY" in line
            assert "; to do: " in line
            mortal.start()
            await _patiently(url, mortal.folder / "log")
            await watch.round()
            assert [line.partition(",")[0] for line in told(lines)] == ["default: can be looked at again"]
            await execute(BACK)
            await watch.round()
            await watch.round()
            assert told(lines) == [f"default: gone: {age}"]
            began = datetime.now(UTC).replace(microsecond=0)
            await execute("ALTER TABLE users ADD COLUMN by_hand INT")
            await execute("VACUUM (FREEZE, ANALYZE) pg_catalog.pg_attribute")
            await watch.round()
            ((line, at),) = [line.split("; public.users.by_hand last changed at ") for line in lines]
            assert "drift: SD202 column users.by_hand" in line
            assert began <= datetime.fromisoformat(at.replace("DAY", f"{began:%Y-%m-%dT}")) <= datetime.now(UTC)
            text = page(watch)
            await execute("CREATE TYPE mood AS ENUM ('good'); CREATE DOMAIN age AS INT; CREATE SEQUENCE numbers")
            await asyncio.sleep(0.01)
            async with open_server(url) as server:
                ((began,),) = await server.connection.fetch("SELECT now()")
                await load(
                    server,
                    "ALTER TYPE mood ADD VALUE 'bad'; ALTER DOMAIN age ADD CHECK (VALUE > 0); "
                    "ALTER SEQUENCE numbers INCREMENT 2; COMMENT ON SCHEMA public IS 'x'",
                )
                objects = [
                    Touched("type", Name("", "mood"), "", missing=False),
                    Touched("type", Name("", "age"), "", missing=False),
                    Touched("sequence", Name("", "numbers"), "", missing=False),
                ]
                found = await server.dialect.last_changes(server.connection, server.info, objects, None)
            assert [(change.of, change.at >= began) for item in objects for change in found[item]] == [
                ("public.mood", True),
                ("public.age", True),
                ("public.numbers", True),
            ]
        password = url.partition("://")[2].partition("@")[0].partition(":")[2]
        assert not password or password not in text

    run(rounds())
