"""The hooks as pytest sees them: those of ``commands.hooks``, implemented by anything that pytest has loaded.

(pytest itself only takes hooks whose names begin with ``pytest_``, so ours have a manager of their own.)
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_schemadrift.commands.hooks import hookimpl, load_hooks
from pytest_schemadrift.errors import SchemaDriftError
from pytest_schemadrift.plugin.options import in_words_of_pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pluggy import HookRelay

__all__ = ["hookimpl", "hooks_of", "overrides"]


def hooks_of(config: pytest.Config) -> HookRelay:
    """The hooks, with the implementations of everything that pytest has loaded so far.

    Raises ``pytest.UsageError`` for an unknown hook or argument.
    """
    try:
        return load_hooks(_loaded(config))
    except SchemaDriftError as error:
        raise pytest.UsageError(in_words_of_pytest(error)) from None


def _loaded(config: pytest.Config) -> Iterator[tuple[str, object]]:
    for name, plugin in config.pluginmanager.list_name_plugin():
        if plugin is not None:  # blocked with -p no:name
            yield name, plugin


def overrides(config: pytest.Config, fixture: str) -> list[Path]:
    """The ``conftest.py`` files and plugins loaded so far that define a fixture of that name, ours left out."""
    return [
        Path(getattr(plugin, "__file__", None) or name)
        for name, plugin in _loaded(config)
        if hasattr(plugin, fixture) and not getattr(plugin, "__name__", "").startswith("pytest_schemadrift.")
    ]
