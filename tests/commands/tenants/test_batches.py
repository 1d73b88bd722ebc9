"""Tenants looked at by executors: the same report as without one, whoever does the work, and whoever dies of it."""

from __future__ import annotations

import json
import os
import pickle
import random
from collections.abc import Callable
from importlib.util import find_spec

import pytest

from pytest_schemadrift import errors
from tests.commands.tenants.test_check import EXTRA, NIGHTS, files, on_postgres
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
        f"{project.package}.settings:TORTOISE_ORM": "is no function",
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
def test_workers_of_a_dask_cluster_give_the_same_report(project: Project, run: Run, pools: str) -> None:  # noqa: F811
    """A real cluster: a scheduler and two worker processes that are reached by TCP."""
    files(project, **{f"t{number:02d}": NIGHTS_OF_FILES[number % 6] for number in range(24)})
    alone = reported(run, "--shard", "2/2")
    (project.folder / "who.txt").unlink()
    assert reported(run, "--shard", "2/2", "--executor", f"{pools}:dask") == alone
    workers = set((project.folder / "who.txt").read_text().split())
    assert len(workers) == 2
    assert str(os.getpid()) not in workers


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
