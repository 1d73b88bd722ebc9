"""Real servers for the whole suite: one of each kind for a run, whatever the number of workers."""

from __future__ import annotations

import compileall
import gc
import os
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from itertools import count
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import HealthCheck, settings

from pytest_schemadrift.errors import ServerUnavailable
from pytest_schemadrift.servers import Server, ServerHandle, shared_server
from pytest_schemadrift.servers.find import find_postgres
from tests import kept
from tests.harness import ONE_OF, TURN, forget_modules
from tests.kept import KeptServer

pytest_plugins = ["pytester"]
collect_ignore = ["examples"]  # projects of their own, run by tests

POSTGRES_VERSION = os.environ.get("SCHEMADRIFT_TEST_POSTGRES", "16")
"""The embedded wheel has 16 and 18, both with pgvector."""
REQUIRED_IN_CI = ("postgres", "mariadb")
NOT_THERE = "no server: "

PACKAGE = Path(__file__).parents[1] / "pytest_schemadrift"

settings.register_profile(
    "suite", deadline=None, database=None, derandomize=False, suppress_health_check=[HealthCheck.too_slow]
)  # how fast examples are made says how busy the machine is; where CI is set, Hypothesis would try others than here
settings.load_profile("suite")
settings.register_profile("fast", settings.get_profile("suite"), max_examples=25)

_missing: Counter[str] = Counter()
_faults: list[int] = []
"""How often each plan of the fault suite was killed."""
_pythons: list[str] = []
"""The Pythons that the test which runs has started."""


@cache
def postgres_programs(version: str = "") -> Path:
    """The folder of the programs of a server of ``running_server``; to ask each for its version takes a process."""
    return find_postgres(max(version, POSTGRES_VERSION)).folder


@pytest.hookimpl(tryfirst=True)  # before Hypothesis reads its seed
def pytest_configure(config: pytest.Config) -> None:
    """Let the processes of tests be as they are for a user.

    Where SIGINT was inherited as ignored, as by a job in the background of a script, a process that is interrupted
    would go on. Where PYTHONDONTWRITEBYTECODE is set, each would compile the package anew.

    The collector looks less often: beside the objects of 7,000 tests its looking takes a twentieth of the time.
    """
    gc.set_threshold(20_000, 20, 100)
    if getattr(config.option, "hypothesis_seed", "") is None:  # the examples of one day are the same in every run
        config.option.hypothesis_seed = str(TURN)
    if "processes" in config.option.markexpr:
        settings.load_profile("fast")
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if not hasattr(config, "workerinput"):
        compileall.compile_dir(str(PACKAGE), quiet=1)


def pytest_report_header() -> str | None:
    """What a run has to be told to try the same again."""
    return None if ONE_OF == 1 else f"of what is much alike, one of {ONE_OF} is tried: SCHEMADRIFT_TEST_TURN={TURN}"


def pytest_collection_finish() -> None:
    """From here on nothing writes byte code: a test rewrites the modules of its project within a second."""
    sys.dont_write_bytecode = True
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What asks for a server or a browser is marked, for ``make test-fast`` leaves that out."""
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        kinds = {kind for kind in ("postgres", "mysql", "mariadb") if f"{kind}_server" in fixtures}
        if "running_server" in fixtures and hasattr(item, "callspec"):
            kinds |= {"postgres", "mysql", "mariadb"} & {str(value) for value in item.callspec.params.values()}
        if "browser" in fixtures:
            kinds.add("processes")
        for kind in kinds:
            item.add_marker(kind)


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Verdicts and parsed texts of a test run are its own; unpacked servers stay in the user's cache."""
    from pytest_schemadrift.core import cache as files

    patch = pytest.MonkeyPatch()
    patch.setattr(files, "KEPT", 10_000)
    patch.setenv("SCHEMADRIFT_VALUE_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
    patch.setenv("SCHEMADRIFT_CACHE_DIR", str(files.cache_folder()))  # pytester gives its tests another home
    yield
    patch.undo()


@pytest.fixture(scope="session", autouse=True)
def _no_repository_around(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A repository above the folder of temporary files, or made there by another test, changes no answer of Git."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path_factory.getbasetemp()))
        yield


@pytest.fixture(autouse=True)
def _modules_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A project that a test made is not imported by the next one, whose copy of an example has the same packages."""
    before = set(sys.modules)
    yield
    for folder in (tmp_path_factory.getbasetemp(), PACKAGE.parent / "examples"):
        forget_modules(set(sys.modules) - before, folder)


def without_server(dialect: str, error: ServerUnavailable) -> NoReturn:
    """End a test whose server cannot be started: it is skipped, and fails in CI where CI must have that server."""
    reason = f"{NOT_THERE}{dialect}: {error.what}"
    if os.environ.get("CI") and dialect.partition("-")[0] in REQUIRED_IN_CI:
        pytest.fail(f"{reason} ({error.hint})", pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def running_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Server]]:
    """Start, or join, the run's server of a dialect; skips where it cannot be had, fails where it must be.

    ``postgres-18`` is one of that version, or the run's own where it is as new.
    """
    base = tmp_path_factory.getbasetemp()
    directory = (base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / "servers"
    handles: dict[str, ServerHandle] = {}

    def start(dialect: str) -> Server:
        if dialect not in handles:
            kind, _, version = dialect.partition("-")
            if kind == "postgres":
                version = max(version, POSTGRES_VERSION)
            try:
                handles[dialect] = shared_server(directory, kind, version=version or None)
            except ServerUnavailable as error:
                without_server(dialect, error)
        return handles[dialect].server

    yield start
    kept.close_all()
    for handle in handles.values():
        handle.stop()


_numbers = count()


@pytest.fixture
def fresh_database(running_server: Callable[[str], Server], tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """Create an empty database of a dialect and return its URL, as often as called; all are dropped afterwards."""
    created: list[tuple[Server, str]] = []

    def create(dialect: str) -> str:
        name = f"t{os.getpid()}_{next(_numbers)}"
        if dialect == "sqlite":
            path = tmp_path / f"{name}.sqlite3"
            path.touch()
            return f"sqlite://{path}"
        running = running_server(dialect)
        server = KeptServer(running.dialect, running.version, running.url, running.provider)
        url = server.create_database(name)
        created.append((server, name))
        return url

    yield create
    for server, name in created:
        server.drop_database(name)


@pytest.fixture
def postgres_server(running_server: Callable[[str], Server]) -> Server:
    return running_server("postgres")


@pytest.fixture
def mysql_server(running_server: Callable[[str], Server]) -> Server:
    return running_server("mysql")


@pytest.fixture
def mariadb_server(running_server: Callable[[str], Server]) -> Server:
    return running_server("mariadb")


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Iterator[None]:
    """Where tests marked ``processes`` are left out, one that starts a Python fails: the fast run stays fast."""
    if "processes" not in pyfuncitem.config.option.markexpr:
        return (yield)
    _pythons.clear()
    result = yield
    if _pythons:
        pytest.fail(f"marked with @pytest.mark.processes it may start {_pythons[0]}", pytrace=False)
    return result


def _hear_of_processes(event: str, arguments: tuple[object, ...]) -> None:
    if event == "subprocess.Popen":
        program = Path(os.fsdecode(arguments[0]))  # type: ignore[arg-type]
        if program.name.startswith("python") or program.parent == Path(sys.executable).parent:
            _pythons.append(str(program))


sys.addaudithook(_hear_of_processes)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when == "call":
        _faults.extend(int(str(number)) for name, number in report.user_properties if name == "faults")
    if report.skipped and isinstance(report.longrepr, tuple) and NOT_THERE in report.longrepr[2]:
        _missing[report.longrepr[2].split(NOT_THERE, 1)[1]] += 1


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if terminalreporter.verbosity < 0 and (header := pytest_report_header()):  # -q leaves the header out
        terminalreporter.write_line(header)
    if _faults:
        terminalreporter.write_line(f"fault suite: {len(_faults)} plans, killed {sum(_faults)} times, fixed every time")
    for reason, tests in _missing.items():
        terminalreporter.write_line(f"SERVER MISSING, {tests} tests skipped: {reason}", red=True, bold=True)
