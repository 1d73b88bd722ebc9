"""Tenants looked at by executors: the same report as without one, whoever does the work, and whoever dies of it."""

from __future__ import annotations

import json
import os
import pickle
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path

import pytest

from pytest_schemadrift import errors
from pytest_schemadrift.commands.tenants import batches
from tests.commands.tenants.test_apply import ROWS, emails, held, journal
from tests.commands.tenants.test_check import EXTRA, NIGHTS, files, on_postgres
from tests.commands.tenants.test_commands import columns
from tests.servers.test_servers import wait_until
from tests.test_cli import DRIFTED, IN_SYNC, Project, Run, assert_polite, project, run  # noqa: F401

THREADS = "concurrent.futures:ThreadPoolExecutor"
PROCESSES = "concurrent.futures:ProcessPoolExecutor"
NIGHTS_OF_FILES = (IN_SYNC, DRIFTED, EXTRA, IN_SYNC + "; CREATE TABLE more (id INT)", "SELECT 1", "-")


def reported(run: Run, *arguments: str) -> tuple[int, object]:  # noqa: F811
    code, out, err = run("check", "--tenants", "--format", "json", *arguments)
    assert "Traceback" not in err
    return code, json.loads(out)


@pytest.mark.sqlite
def test_an_executor_gives_the_report_that_there_is_without_one(project: Project, run: Run) -> None:  # noqa: F811
    chance = random.Random(15)
    for number in range(3):
        for old in project.folder.glob("*.sqlite3"):
            old.unlink()
        names = [f"t{number:02d}" for number in range(chance.randint(1, 30))]
        files(project, **{name: chance.choice(NIGHTS_OF_FILES) for name in names})
        more = ("--shard", f"{chance.randint(1, 2)}/2") if number == 2 else ()
        alone = reported(run, *more)
        assert reported(run, "--executor", THREADS, *more) == alone
        if number == 2:
            assert reported(run, "--executor", PROCESSES, *more) == alone


@pytest.mark.postgres
def test_schemas_of_one_database_are_the_same_in_batches(
    project: Project,  # noqa: F811
    run: Run,  # noqa: F811
    fresh_database: Callable[[str], str],
) -> None:
    on_postgres(project, fresh_database("postgres"), [*NIGHTS[:4], *NIGHTS[:14]])
    alone = reported(run, "--no-prove")
    assert reported(run, "--no-prove", "--executor", THREADS) == alone


HOOK = """
import os, pathlib

def schemadrift_ignore_change(change):
    if "fatal" in repr(change):
        os._exit(3)
    if "broken" in repr(change):
        raise ValueError("nobody is at postgres://u:geheim@nowhere/x")
    with pathlib.Path("who.txt").open("a") as file:
        file.write(f"{os.getpid()}\\n")
"""
POOLS = """
import multiprocessing
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager

def one_process():
    return ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))

class Cancelling(Executor):
    def submit(self, work, /, *arguments):
        future = Future()
        future.cancel()
        future.set_running_or_notify_cancel()
        return future

@contextmanager
def dask():
    from distributed import Client, LocalCluster
    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster:
        with Client(cluster) as client:
            yield client.get_executor()

@contextmanager
def empty():
    from distributed import Client, LocalCluster
    with LocalCluster(n_workers=0, processes=True, dashboard_address=None) as cluster:
        with Client(cluster) as client:
            yield client.get_executor()

@contextmanager
def gives_a_number():
    yield 3

def number():
    return 3

def failing():
    raise ValueError("nobody is at postgres://u:geheim@nowhere/x")

there = ProcessPoolExecutor(1)
there.shutdown()
"""


@pytest.fixture
def pools(project: Project) -> str:  # noqa: F811
    project.write("pools.py", POOLS)
    (project.folder / "conftest.py").write_text(HOOK)
    return f"{project.package}.pools"


def with_column(name: str) -> str:
    return IN_SYNC.replace("age INT", f"age INT, {name} INT")


def outcomes(report: object) -> dict[str, str]:
    """The first words on each tenant."""
    assert isinstance(report, dict)
    return {
        name: (found.get("skipped") or ("in sync" if found["in_sync"] else "drift"))
        for found in report["connections"]
        for name in found["tenants"]
    }


def test_a_worker_that_dies_hides_only_the_tenant_that_it_died_of(project: Project, run: Run, pools: str) -> None:  # noqa: F811
    files(project, a=DRIFTED, b=with_column("fatal"), c=DRIFTED, d=IN_SYNC)
    code, report = reported(run, "--executor", f"{pools}:one_process", "--no-prove")
    assert code == 2
    found = outcomes(report)
    assert found.pop("b") == "not checked: the worker of the executor died of it"
    assert found == {"a": "drift", "c": "drift", "d": "in sync"}


def test_an_executor_without_an_answer_leaves_its_tenants_unknown(project: Project, run: Run, pools: str) -> None:  # noqa: F811
    files(project, a=IN_SYNC, b=IN_SYNC)
    for factory, why in (
        ("Cancelling", "the executor has no answer: RuntimeError: it was cancelled"),
        ("there", "the executor has no answer: RuntimeError: cannot schedule new futures after shutdown"),
    ):
        code, report = reported(run, "--executor", f"{pools}:{factory}")
        assert (code, outcomes(report)) == (2, dict.fromkeys("ab", f"not checked: {why}"))


def test_what_is_no_executor_is_one_clear_error(project: Project, run: Run, pools: str) -> None:  # noqa: F811
    files(project, a=with_column("broken"), b=IN_SYNC)
    for value, words in {
        "shop": "is not of the form module:factory",
        f"{pools}:missing": "has no 'missing'",
        f"{project.package}.missing:x": "there is no module",
        f"{pools}:POOLS": "has no 'POOLS'",
        f"{project.package}.settings:TORTOISE_ORM": "is not a function",
        f"{pools}:number": "returned a value of type int",
        f"{pools}:gives_a_number": "gave a value of type int",
        f"{pools}:failing": "failed: ValueError",
        THREADS: "unexpected ValueError",
    }.items():
        result = run("check", "--tenants", "--executor", value)
        assert_polite(result, words)
        assert "geheim" not in result[2]
    assert_polite(run("check", "--executor", THREADS), "--executor is about tenants")


def test_what_cannot_be_sent_is_told_before_anything_is(project: Project, run: Run) -> None:  # noqa: F811
    files(project, a=IN_SYNC)
    project.write(
        "settings.py",
        f"""import threading
TORTOISE_ORM = {{
    "connections": {{
        "default": "sqlite://shop.sqlite3",
        "other": {{
            "engine": "tortoise.backends.sqlite",
            "credentials": {{"file_path": "x", "password": "geheim", "lock": threading.Lock()}},
        }},
    }},
    "apps": {{"shop": {{"models": ["{project.package}.models"]}}}},
}}""",
    )
    assert run("check", "--tenants")[0] == 0
    result = run("check", "--tenants", "--executor", THREADS)
    assert_polite(result, "the executor cannot be sent what it needs: TypeError: cannot pickle '_thread.lock' object")
    assert "geheim" not in result[2]


@pytest.mark.skipif(not find_spec("distributed") and not os.environ.get("CI"), reason="distributed is not installed")
def test_workers_of_a_dask_cluster_do_the_same(
    project: Project,  # noqa: F811
    run: Run,  # noqa: F811
    pools: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A real cluster: a scheduler and two worker processes that are reached by TCP; and one without any."""
    files(project, **{f"t{number:02d}": NIGHTS_OF_FILES[number % 6] for number in range(24)})
    alone = reported(run, "--shard", "2/2")
    (project.folder / "who.txt").unlink()
    assert reported(run, "--shard", "2/2", "--executor", f"{pools}:dask") == alone
    workers = set((project.folder / "who.txt").read_text().split())
    # Which of the two takes a batch is the cluster's own affair: on a busy machine one may take them all.
    assert workers
    assert str(os.getpid()) not in workers
    names = [f"new{number:02d}" for number in range(24)]
    files(project, **dict.fromkeys(names, DRIFTED + ROWS))
    code, out, err = run("apply", "--tenants", "--yes", "--executor", f"{pools}:dask")
    assert (code, out.splitlines()) == (0, [f"default: 24 tenants ({', '.join(names[:10])} and 14 more): fixed"]), (
        out + err
    )
    assert_all_fixed(project, run, names)
    monkeypatch.setattr(batches, "_PATIENCE", 0.5)
    result = run("check", "--tenants", "--executor", f"{pools}:empty")
    assert_polite(result, "no worker of the executor began within 0.5 seconds")


# -- apply ----------------------------------------------------------------------------------------------------------

APPLY = ("apply", "--tenants", "--yes", "--executor")


def load_file(project: Project, name: str, script: str) -> None:  # noqa: F811
    with sqlite3.connect(project.folder / f"{name}.sqlite3") as connection:
        connection.executescript(script)
    connection.close()


def assert_all_fixed(project: Project, run: Run, names: Sequence[str]) -> None:  # noqa: F811
    """Each with its rows, and each begun and ended in the journal."""
    assert run("check", "--tenants")[0] == 0
    assert all(emails(project, name) == [(1, "a@b"), (7, "c@d")] for name in names)
    entries = journal(project)
    for name in names:
        found = [entry.get("outcome", "begun") for entry in entries if entry["tenant"] == name]
        assert found[0] == "begun", name
        assert found[-1] in ("fixed", "in sync"), name


@pytest.mark.sqlite
def test_processes_fix_tenants_as_this_one_does(project: Project, run: Run, pools: str) -> None:  # noqa: F811
    names = [f"t{number:02d}" for number in range(12)]
    files(project, **{name: (IN_SYNC if name == "t03" else DRIFTED) + ROWS for name in names}, z="-")
    code, out, err = run(*APPLY, PROCESSES)
    assert (code, [line.partition(": correct")[0] for line in out.splitlines()]) == (
        2,
        [
            "default: 11 tenants (t00, t01, t02, t04, t05, t06, t07, t08, t09, t10 and 1 more): fixed",
            "default: 1 tenant: in sync",
            "default: 1 tenant (z): failed: there is no SQLite database z.sqlite3",
        ],
    ), out + err
    assert str(os.getpid()) not in (project.folder / "who.txt").read_text().split()
    load_file(project, "z", IN_SYNC + ROWS)
    assert run(*APPLY, PROCESSES, "--resume")[0] == 0
    assert_all_fixed(project, run, [*names, "z"])


@pytest.mark.sqlite
def test_the_canary_and_the_last_failure_end_a_run_of_an_executor(project: Project, run: Run) -> None:  # noqa: F811
    files(project, a="-", **dict.fromkeys("bcdefg", DRIFTED + ROWS))
    code, out, _ = run(*APPLY, THREADS)
    assert (code, out.splitlines()[1]) == (2, "default: 6 tenants (b, c, d, e, f, g): not started: a canary failed")
    assert_polite(run(*APPLY, THREADS), "the last run did not finish for 1 tenant(s), such as a")
    code, out, _ = run(*APPLY, THREADS, "--resume", "--canary", "0", "--jobs", "1")
    assert (code, out.splitlines()[1]) == (
        2,
        "default: 6 tenants (b, c, d, e, f, g): not started: stopped after 1 failure(s)",
    )
    code, out, _ = run(*APPLY, THREADS, "--resume", "--canary", "0", "--jobs", "1", "--stop-after", "2")
    assert code == 2
    assert "6 tenants (b, c, d, e, f, g): fixed" in out
    load_file(project, "a", DRIFTED + ROWS)
    code, out, err = run(*APPLY, THREADS, "--resume")
    assert (code, out.splitlines()) == (0, ["default: 1 tenant (a): fixed", "default: 6 tenants: settled"]), err
    assert_all_fixed(project, run, "abcdefg")


@pytest.mark.sqlite
def test_a_worker_stops_at_the_last_failure_that_may_be(project: Project, run: Run) -> None:  # noqa: F811
    """Of the others of its batch nothing is done, though all were named as begun."""
    names = [f"t{number:03d}" for number in range(70)]
    files(project, **dict.fromkeys(names, "-"))
    code, out, _ = run(*APPLY, THREADS, "--canary", "0", "--jobs", "1", "--stop-after", "4")
    assert code == 2
    assert "4 tenants (t000, t001, t002, t003): failed: there is no SQLite database" in out
    assert "66 tenants (t004, " in out


@pytest.mark.sqlite
def test_a_worker_that_dies_of_a_tenant_is_a_failure(
    project: Project,  # noqa: F811
    run: Run,  # noqa: F811
    pools: str,
) -> None:
    files(project, a=DRIFTED + ROWS, b=with_column("fatal"), c=DRIFTED + ROWS, d=DRIFTED + ROWS)
    code, out, err = run(*APPLY, f"{pools}:one_process", "--allow-hazard", "DELETES_DATA", "--stop-after", "2")
    assert code == 2
    assert "1 tenant (b): failed: the worker of the executor died of it" in out, out + err
    assert "3 tenants (a, c, d): fixed" in out
    (project.folder / "conftest.py").unlink()
    code, out, _ = run(*APPLY, THREADS, "--allow-hazard", "DELETES_DATA", "--resume")
    assert (code, out.splitlines()) == (0, ["default: 3 tenants: settled", "default: 1 tenant (b): fixed"])


@pytest.mark.sqlite
def test_a_run_of_processes_that_is_killed_goes_on_and_leaves_no_process(
    project: Project,  # noqa: F811
    run: Run,  # noqa: F811
    pools: str,
) -> None:
    names = [f"t{number:02d}" for number in range(40)]
    files(project, **dict.fromkeys(names, DRIFTED + ROWS))
    command = [sys.executable, "-m", "pytest_schemadrift", *APPLY, PROCESSES, "--resume"]
    path, who = project.folder / "schemadrift-tenants.jsonl", project.folder / "who.txt"
    for size in (0, 2_000):
        with held(project, names[-1]):
            process = subprocess.Popen(
                command, cwd=project.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            while process.poll() is None and not (path.exists() and path.stat().st_size > size and who.exists()):
                time.sleep(0.002)
            process.kill()
            assert process.wait() == -signal.SIGKILL
        assert wait_until(lambda: not any(map(is_running, who.read_text().split())))
        begun = {entry["tenant"] for entry in journal(project)}
        for name in names:
            assert emails(project, name) == [(1, "a@b"), (7, "c@d")]
            assert name in begun or "age" not in columns(project.folder / f"{name}.sqlite3")
    code, out, err = run("apply", "--tenants", "--yes", "--resume")
    assert code == 0, out + err
    assert_all_fixed(project, run, names)


def is_running(number: str) -> bool:
    """Whether a process works, or waits; one that is dead and was not buried does neither."""
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(") ")[2][0] not in "ZX"
    except OSError:
        return False


def test_every_error_can_be_sent() -> None:
    """With all its facts, and no password."""
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Exception)]
    assert len(kinds) > 15
    made = [kind("at postgres://u:geheim@host/x", hint="look") for kind in kinds if kind is not errors.MigrationFailed]
    made += [errors.MigrationFailed("0001", "because", where="here", model="shop.User", field="id")]
    made += [
        errors.DDLSyntaxError("no SQL", path="a.sql", line=3, sql="CREATE"),
        errors.ServerUnavailable("x", tried=("a",)),
    ]
    for error in made:
        sent = pickle.dumps(error)
        again = pickle.loads(sent)
        assert (type(again), str(again), vars(again)) == (type(error), str(error), vars(error))
        assert b"geheim" not in sent
