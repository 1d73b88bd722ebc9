"""Whether a run checks for drift: what its options and its ini file ask for, and which tests it selects."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

import pytest

MARKER = "schema_drift"
NOT_CHECKED = "schema drift: not checked, for other tests are selected (--schema-drift checks all the same)"
"""Stands in the header where the ini file asks for a check that this run does not make."""

_ANCHOR = "pyproject.toml"
_OWN_NAMES = (MARKER, _ANCHOR, "everything-else")
"""What ``-k`` finds in our items before anything is known of the project: their marker and parts of their ids."""


def is_wanted(config: pytest.Config, given: Namespace) -> bool:
    """Whether this run checks for drift: asked for by an option, or by the ini file and not deselected."""
    return bool(given.schema_drift or (config.getini("schema_drift") and not _selects_others(config, given)))


def is_left_out(config: pytest.Config) -> bool:
    """Whether the ini file asks for a check, and this run selects other tests."""
    return bool(config.getini("schema_drift")) and not is_wanted(config, config.option)


def _selects_others(config: pytest.Config, given: Namespace) -> bool:
    """Whether a run for which the ini file asks for the check leaves our items out, told without the project's models.

    By path: files, ids and folders are named, and none of them holds our file or a whole folder of tests. By ``-k`` or
    ``-m``: the expression is not true of an item whose table it does not name. (To find out whether a word names a
    table, the models would have to be imported, which such a run is spared; beside ``schema_drift`` it may be one.)
    """
    if given.schema_drift_connection or given.schema_drift_source or given.schema_drift_update:
        return False
    if given.schema_drift_report:
        return False
    return (
        not _reaches_items(config, given.file_or_dir)
        or not (_is_true(given.keyword, _is_own) or (MARKER in given.keyword and _is_true(given.keyword, bool)))
        or not _is_true(given.markexpr, lambda word: word == MARKER)
    )


def _reaches_items(config: pytest.Config, named: list[str]) -> bool:
    """Whether no path is named, or one that stands for the project: itself, its file, or a folder of all its tests.

    Those folders are ``testpaths``; where none are configured, every folder beside ``pyproject.toml``.
    """
    suites = [(config.rootpath / folder).resolve() for folder in config.getini("testpaths")]
    for argument in named:
        path = (config.invocation_params.dir / argument.partition("::")[0]).resolve()
        if path.name == _ANCHOR or path == config.inipath:
            return True
        if path.is_dir() and (_is_project(config, path) or any(suite.is_relative_to(path) for suite in suites)):
            return True
        if path.is_dir() and not suites and _is_project(config, path.parent):
            return True
    return not named


def _is_project(config: pytest.Config, folder: Path) -> bool:
    return config.rootpath.resolve().is_relative_to(folder) or (folder / _ANCHOR).is_file()


def _is_own(word: str) -> bool:
    return any(word.lower() in name for name in _OWN_NAMES)


def _is_true(expression: str, matches: Callable[[str], bool]) -> bool:
    """The value of an expression of ``-k`` or ``-m``; one that pytest will refuse counts as true."""
    if not expression:
        return True
    from _pytest.mark.expression import Expression  # there is no public way, and a parser of our own would differ

    try:
        return Expression.compile(expression).evaluate(lambda word, /, **_: matches(word))
    except Exception:  # its class is another in each version of pytest, which says it better a moment later
        return True
