"""What pytest calls: the doorway of the plugin.

Loaded in every pytest run, so it imports nothing but pytest until a run checks for drift.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import ExitStack
from pathlib import Path
from tempfile import gettempdir
from typing import TYPE_CHECKING, Any

import pytest

from pytest_schemadrift.plugin import fixtures, options, selection

if TYPE_CHECKING:
    from pytest_schemadrift.plugin.items import DriftFile

_SHARED = "schemadrift_folder"
_IMPORTING = pytest.StashKey[ExitStack]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--schema-drift`` and its companions."""
    options.add_options(parser)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None]:
    """Load the project's first conftest files whatever is named on the command line.

    A node id that is pasted back names ``pyproject.toml`` only; the hooks that a ``tests/conftest.py`` implements
    count for it as they do for the whole run.
    """
    known = early_config.known_args_namespace
    if selection.is_wanted(early_config, known):
        _read_models_once(early_config)
        if known.file_or_dir:
            known.file_or_dir += [str(early_config.rootpath), *early_config.getini("testpaths")]
    return (yield)


def _read_models_once(config: pytest.Config) -> None:
    """Until everything is collected, and at the latest until the run ends: conftest files and tests import models."""
    from pytest_schemadrift.core.class_sources import read_once

    importing = config.stash[_IMPORTING] = ExitStack()
    importing.enter_context(read_once())
    config.add_cleanup(importing.close)


def pytest_collection_finish(session: pytest.Session) -> None:
    """What is imported from here on is the tests' own affair."""
    if importing := session.config.stash.get(_IMPORTING, None):
        importing.close()


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker and the fixtures."""
    config.addinivalue_line("markers", "schema_drift: compares a table with its model (added by --schema-drift)")
    config.pluginmanager.register(fixtures, "schemadrift-fixtures")
    shared = getattr(config, "workerinput", {}).get(_SHARED)
    config.stash[options.FOLDER] = Path(shared or f"{gettempdir()}/schemadrift-{os.urandom(8).hex()}")


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell an xdist worker where its run keeps what all of them share."""
    node.workerinput[_SHARED] = str(node.config.stash[options.FOLDER])


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave nothing behind, once all workers have ended."""
    folder = config.stash.get(options.FOLDER, None)
    if folder is not None and not hasattr(config, "workerinput") and folder.exists():
        from pytest_schemadrift.plugin.databases import remove_folder

        remove_folder(config, folder)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """With ``--schema-drift``, read the configuration and the models before anything is collected; bad ones end it."""
    if selection.is_wanted(session.config, session.config.option):
        from pytest_schemadrift.plugin.run import Run, is_worker
        from pytest_schemadrift.plugin.summary import Summary

        run = session.config.stash[Run.KEY] = Run.begin(session.config)
        if not is_worker(session.config):
            session.config.pluginmanager.register(Summary(run), "schemadrift-summary")


def pytest_report_header(config: pytest.Config) -> str | None:
    """Where the ini file asks for a check that this run does not make, that."""
    return selection.NOT_CHECKED if selection.is_left_out(config) else None


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> DriftFile | None:
    """The anchor file is the root of our items."""
    is_module = file_path.suffix == ".py" and parent.session.isinitpath(file_path)
    if is_module or not options.is_anchor(parent.config, file_path):
        return None
    return _drift_file(file_path, parent)


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> DriftFile | None:
    """An anchor that is a Python file (where there is no other) is not imported as a test module when it is named."""
    if not options.is_anchor(parent.config, module_path):
        return None
    return _drift_file(module_path, parent)


def _drift_file(path: Path, parent: pytest.Collector) -> DriftFile:
    from pytest_schemadrift.plugin.items import DriftFile

    if path.is_relative_to(parent.config.rootpath):
        found: DriftFile = DriftFile.from_parent(parent, path=path)
    else:  # there pytest's own ids are relative to what the command line names, and cannot be pasted back
        found = DriftFile.from_parent(parent, path=path, nodeid=path.as_posix())
    return found
