"""A round on a database that is as it was: nothing is compared or written, and what changes is found all the same."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from itertools import pairwise
from urllib.parse import urlsplit

import psutil
import pytest

from pytest_schemadrift.commands.watch import rounds, unchanged
from pytest_schemadrift.commands.watch.watching import Watcher
from pytest_schemadrift.errors import StatementFailed
from pytest_schemadrift.planning.drift import Drift
from pytest_schemadrift.sources.database import open_server
from tests.commands.test_pending import Deployed, native  # noqa: F401
from tests.commands.watch.test_watch import BACK, MISSING, told, watcher
from tests.dialects.postgres.pooler import stand_in
from tests.harness import ONE_OF, forget_modules, load, of_the_day, run, typed
from tests.test_cli import IN_SYNC, Project, project  # noqa: F401
from tests.test_guard_slow import Proxy

DIALECTS = [
    "sqlite",
    *(pytest.param(name, marks=getattr(pytest.mark, name)) for name in ("postgres", "mysql", "mariadb")),
]
AGE = "SD201 column users.age"
MISSED = f"default: drift: {AGE}"
CHECK = rounds.check_source


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[Drift]:
    """What was compared, one for each time."""
    found: list[Drift] = []

    async def counting(*given: object) -> Drift:
        found.append(await CHECK(*given))  # type: ignore[arg-type]
        return found[-1]

    monkeypatch.setattr(rounds, "check_source", counting)
    return found


def migrate(project: Project, url: str) -> None:  # noqa: F811
    done = typed(project.folder, "--database-url", url, "migrate")
    assert done.returncode == 0, done.stderr


async def execute(url: str, script: str) -> None:
    async with open_server(url) as server:
        await load(server, script)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_has_not_changed_is_not_compared_again_and_what_has_is(
    dialect: str,
    project: Project,  # noqa: F811
    compared: list[Drift],
    fresh_database: Callable[[str], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url, lines = fresh_database(dialect), []
    migrate(project, url)
    state = project.folder / "state.json"
    waiting, asked, ask = False, list[str](), unchanged.Unchanged._ask

    async def asking(given: unchanged.Unchanged, name: str) -> object:
        asked.append(name)
        return await ask(given, name)

    meanwhile, look = list[str](), rounds.check_source

    async def with_changes(*given: object) -> Drift:
        while meanwhile:
            await execute(url, meanwhile.pop())
        return await look(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(unchanged.Unchanged, "_ask", asking)
    monkeypatch.setattr(rounds, "check_source", with_changes)

    async def recorded(*_: object) -> None:
        if waiting:
            raise StatementFailed("the record cannot be read")

    monkeypatch.setattr(unchanged, "recorded", recorded)

    async def changed(watch: Watcher, script: str, *words: str) -> None:
        await execute(url, script)
        before = len(compared), len(asked)
        await watch.round()
        assert (len(compared), len(asked)) == (before[0] + 1, before[1] + 1), "what it answers is what was compared"
        assert [line[: len(word)] for line, word in zip(told(lines), words, strict=True)] == [*words]

    async def story() -> None:
        nonlocal waiting
        async with watcher(project, lines, url) as watch:
            await watch.round()
            assert told(lines) == ["default: in sync, 1 table"]
            written, longest = state.stat().st_mtime_ns, watch.longest
            for _ in range(3):
                await watch.round()
            assert (len(compared), lines, state.stat().st_mtime_ns) == (1, [], written)
            assert watch.longest == longest > 0, "how long a round takes that compares"
            await changed(watch, MISSING, MISSED)
            await watch.round()
            assert (len(compared), lines) == (2, []), "a drift that stays as it is"
            await changed(watch, BACK, f"default: gone: {AGE}")
            assert state.stat().st_mtime_ns > written
            await changed(watch, "CREATE TABLE extra (id INT)")
            await watch.round()
            assert len(compared) == 4
            await execute(url, "CREATE TABLE more (id INT)")
            meanwhile.append(MISSING)  # between the question and the look
            for _ in range(2):
                await watch.round()
            assert (len(compared), [line[: len(MISSED)] for line in told(lines)]) == (5, [MISSED])
            await execute(url, f"DROP TABLE more; {BACK}")
            meanwhile.append(MISSING)
            for _ in range(3):  # the first may say of the answer what is known of it, the last compares nothing
                await watch.round()
            assert len(compared) <= 7 and not compared[-1].in_sync
            lines.clear()
            await changed(watch, BACK, f"default: gone: {AGE}")
            if dialect == "postgres":  # what a new session sees alone
                name = urlsplit(url).path[1:]
                away = f'CREATE SCHEMA away; ALTER DATABASE "{name}" SET search_path = away'
                await changed(watch, away, "default: drift: SD101 table users")
                await changed(watch, f'ALTER DATABASE "{name}" RESET search_path', "default: gone: SD101 table users")
            waiting = True
            await changed(watch, "SELECT 1")

    run(story())


@pytest.mark.postgres
def test_what_one_question_does_not_tell_is_asked_as_a_look_does(
    project: Project,  # noqa: F811
    compared: list[Drift],
    fresh_database: Callable[[str], str],
) -> None:
    """A pooler lends another session to each transaction."""
    lines: list[str] = []

    async def story(url: str) -> None:
        async with watcher(project, lines, url) as watch:
            for script, word in (("", "in sync, 1 table"), (MISSING, f"drift: {AGE}"), (BACK, f"gone: {AGE}")):
                await execute(url, script)
                before = len(compared)
                for _ in range(3):
                    await watch.round()
                assert [line.startswith(f"default: {word}") for line in told(lines)] == [True]
                assert len(compared) == before + 1

    with stand_in(fresh_database("postgres")) as url:
        migrate(project, url)
        run(story(url))


@pytest.mark.processes
@pytest.mark.parametrize(
    ("dialect", "source"),
    of_the_day(
        [("sqlite", "applied"), ("sqlite", "live"), pytest.param("postgres", "applied", marks=pytest.mark.postgres)]
    ),
)
def test_the_migrations_of_what_has_not_changed_are_not_run_again(
    dialect: str,
    source: str,
    project: Project,  # noqa: F811
    native: Callable[[str], Deployed],  # noqa: F811
    compared: list[Drift],
    fresh_database: Callable[[str], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Two of three wait. What was found depends on the catalog, on the record of what is applied, and on the files."""
    deployed, lines = native(fresh_database(dialect)), list[str]()
    monkeypatch.chdir(deployed.folder)
    monkeypatch.setenv("DATABASE_URL", deployed.url)
    last = deployed.folder / "native/migrations/0003_first_user.py"

    async def story() -> None:
        async def rounds(*words: str) -> None:
            """Of three of them, the first alone compares; what each line of them says."""
            before = len(compared)
            for _ in range(3):
                await watch.round()
            said = told(lines)
            assert [word in line for word, line in zip(words, said, strict=True)] == [True] * len(words), said
            assert len(compared) == before + 1

        async with watcher(project, lines, source=source) as watch:
            waiting = ["migration native.0002_names", "migration native.0003_first_user"] if source == "live" else []
            await rounds(*(waiting or ["in sync"]))
            await execute(deployed.url, "ALTER TABLE posts ADD COLUMN by_hand INTEGER")
            await rounds("drift: SD202 column posts.by_hand")
            last.write_text(f"{last.read_text()}\n")
            await rounds()
            await asyncio.to_thread(deployed.call, "tortoise", "migrate", "native", "0002_names")
            await rounds(*[f"gone: {words}" for words in waiting[:1]])
            await execute(
                deployed.url,
                "INSERT INTO tortoise_migrations (app, name, applied_at) VALUES "
                "('native', '0003_first_user', '2026-01-01')",
            )
            await rounds(*[f"gone: {words}" for words in waiting[1:]])

    try:
        run(story())
    finally:
        forget_modules(set(sys.modules), deployed.folder)


def test_what_is_in_sync_because_somebody_accepts_it_is_compared_each_time(
    project: Project,  # noqa: F811
    compared: list[Drift],
) -> None:
    """What is accepted has an end."""
    project.database(IN_SYNC.replace("age INT", "age INT, extra INT NOT NULL"))
    with (project.folder / "pyproject.toml").open("a") as file:
        file.write('[[tool.schemadrift.ignore]]\ntable = "users"\nreason = "the old app"\nuntil = 2999-01-01\n')
    lines: list[str] = []

    async def story() -> None:
        async with watcher(project, lines) as watch:
            for _ in range(3):
                await watch.round()

    run(story())
    assert ([drift.in_sync for drift in compared], told(lines)) == ([True] * 3, ["default: in sync, 1 table"])


def test_a_drift_that_stays_is_compared_again_where_somebody_accepts_it_now(
    project: Project,  # noqa: F811
    compared: list[Drift],
) -> None:
    project.database(IN_SYNC.replace("age INT", "age INT, extra INT NOT NULL"))
    lines: list[str] = []

    async def story() -> None:
        async with watcher(project, lines) as watch:
            for _ in range(3):
                await watch.round()
            assert len(compared) == 1
            done = await asyncio.to_thread(typed, project.folder, "baseline")
            assert done.returncode == 0, done.stderr
            for _ in range(2):
                await watch.round()

    run(story())
    assert [drift.in_sync for drift in compared] == [False, True, True], "what is accepted has an end"
    assert [line.split(" ")[1] for line in told(lines)] == ["drift:", "gone:"]


@pytest.mark.postgres
def test_a_round_on_what_has_not_changed_takes_four_round_trips(
    project: Project,  # noqa: F811
    fresh_database: Callable[[str], str],
) -> None:
    """To connect, to give the session what ours have, to ask, and to say goodbye."""
    there = fresh_database("postgres")
    migrate(project, there)

    async def story() -> list[int]:
        proxy, trips = Proxy(there), [0]
        async with proxy.listening() as url, watcher(project, [], url) as watch:
            for _ in range(3):
                await watch.round()
                trips.append(proxy.trips)
        return [later - earlier for earlier, later in pairwise(trips)]

    first, *others = run(story())
    assert others == [4, 4], first


@pytest.mark.slow
@pytest.mark.skipif(ONE_OF != 1, reason="a thousand rounds: make test ALL=1")
@pytest.mark.parametrize("dialect", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_memory_is_flat_over_a_thousand_rounds(
    dialect: str,
    project: Project,  # noqa: F811
    fresh_database: Callable[[str], str],
) -> None:
    """On a database that stays as it is, and on one that drifts in every tenth round and is put back in the next."""
    url = fresh_database(dialect)
    migrate(project, url)
    sizes: list[int] = []

    async def story() -> None:
        async with watcher(project, [], url) as watch:
            for number in range(1000):
                if number % 10 in (0, 1):
                    await execute(url, (MISSING, BACK)[number % 10])
                await watch.round()
                if number in (100, 999):
                    sizes.append(psutil.Process().memory_info().rss)

    run(story())
    after_a_hundred, at_last = sizes
    assert at_last - after_a_hundred < 2 * 1024 * 1024, sizes
