"""The plugin's entry point: options, the collection of drift items, and what is said about them.

Loaded in every pytest run, so it imports nothing but pytest until ``--schema-drift`` is given.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pytest_schemadrift.plugin.items import DriftFile

ANCHORS = ("pyproject.toml", "pytest.ini", "tox.ini", "setup.cfg", "conftest.py")
"""Files of the root folder that the items may hang on, in this order."""

ANCHOR = pytest.StashKey[Path]()
STATE = pytest.StashKey[object]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--schema-drift`` and its companions, each with an ini key of the same name."""
    group = parser.getgroup("schema drift", "compare Tortoise ORM models with live databases")
    group.addoption("--schema-drift", action="store_true", help="add a test per table: does it match its model?")
    group.addoption(
        "--schema-drift-connection",
        action="append",
        default=[],
        metavar="NAME",
        help="only this connection (repeatable; default: all)",
    )
    group.addoption("--schema-drift-source", metavar="SOURCE", help="what to compare with the models: auto or live")
    parser.addini("schema_drift", "as --schema-drift", type="bool", default=False)
    parser.addini("schema_drift_connection", "as --schema-drift-connection", type="args", default=[])
    parser.addini("schema_drift_source", "as --schema-drift-source", default="auto")


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Declare our own hooks."""
    from pytest_schemadrift.plugin import specs

    pluginmanager.add_hookspecs(specs)


def enabled(config: pytest.Config) -> bool:
    """Whether this run checks for drift."""
    return bool(config.getoption("--schema-drift") or config.getini("schema_drift"))


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, and hang the items on a file of the root folder."""
    config.addinivalue_line("markers", "schema_drift: compares a table with its model (added by --schema-drift)")
    from pytest_schemadrift.plugin import fixtures

    config.pluginmanager.register(fixtures, "schemadrift-fixtures")
    if not enabled(config) or config.getoption("help", default=False):
        return
    anchor = _anchor(config)
    config.stash[ANCHOR] = anchor
    named = [Path(argument.split("::")[0]) for argument in config.args]
    places = [config.invocation_params.dir / path for path in named]
    if not any(place.resolve() == anchor for place in places):
        config.args.append(str(anchor))


def _anchor(config: pytest.Config) -> Path:
    folders = dict.fromkeys((config.rootpath, config.invocation_params.dir))
    for name in ANCHORS:
        for folder in folders:
            if (folder / name).is_file():
                return (folder / name).resolve()
    for folder in folders:
        for path in sorted(folder.glob("*.py")):
            return path.resolve()
    raise pytest.UsageError(f"--schema-drift needs a pyproject.toml or pytest.ini in {config.rootpath}")


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Read the configuration and the models once, before anything is collected; bad ones end the run."""
    if ANCHOR not in session.config.stash:
        return
    from pytest_schemadrift.plugin.state import State

    session.config.stash[STATE] = State.load(session.config, session.config.stash[ANCHOR].parent)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Give the models and the servers back."""
    state = session.config.stash.get(STATE, None)
    if state is not None:
        from pytest_schemadrift.plugin.state import State

        assert isinstance(state, State)
        state.close()


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> DriftFile | None:
    """The anchor file is the root of our items."""
    if parent.config.stash.get(ANCHOR, None) != file_path.resolve():
        return None
    from pytest_schemadrift.plugin.items import DriftFile

    found: DriftFile = DriftFile.from_parent(parent, path=file_path)
    return found


def pytest_report_header(config: pytest.Config) -> list[str]:
    """A line per connection: what it is, what it is compared with, and who said so."""
    if ANCHOR not in config.stash or hasattr(config, "workerinput"):
        return []
    from pytest_schemadrift.plugin.summary import header_lines

    return header_lines(config)


@pytest.hookimpl(trylast=True)
def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Colour the SQL of a failure, after the machine-readable reports have read it."""
    if report.failed and any(name == "schemadrift" for name, _ in report.user_properties):
        from pytest_schemadrift.plugin.summary import color_sections

        color_sections(report)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Counts per connection, and the exact next command."""
    if ANCHOR in config.stash:
        from pytest_schemadrift.plugin.summary import write_summary

        write_summary(terminalreporter)
