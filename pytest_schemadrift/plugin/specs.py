"""The hooks that projects and other plugins may implement, and who is asked.

An implementation is a plain function of that name in the ``conftest.py`` next to ``pyproject.toml``, in one that pytest
loads at its start (``tests/conftest.py``), or in any pytest plugin. (pytest itself only takes hooks whose names begin
with ``pytest_``, so these have a manager of their own.)
"""

from __future__ import annotations

import inspect
import sys
from typing import TYPE_CHECKING

import pluggy
import pytest

if TYPE_CHECKING:
    from pytest_schemadrift.changes import SimpleChange

PROJECT = "schemadrift"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)
"""Not needed for an implementation, but takes its options: ``@hookimpl(tryfirst=True)``."""


@hookspec(firstresult=True)
def schemadrift_ignore_change(change: SimpleChange) -> str | bool | None:
    """Say that a change is no drift: a reason (or ``True``) ignores it, ``None`` lets others decide.

    An ignored change is listed with its reason, never hidden::

        def schemadrift_ignore_change(change):
            if isinstance(change, CreateIndex) and change.table.name == "events":
                return "built by hand at night"
    """


@hookspec(firstresult=True)
def schemadrift_prepare_database(connection: str, url: str) -> bool | None:
    """Bring a database that was spun up, and is empty, to the state under test; return ``True`` where that is done.

    Called before the fixture ``schemadrift_prepare``, which is left out if an implementation answers ``True``.
    """


@hookspec
def schemadrift_report_header() -> str | list[str] | None:
    """Return lines to add to the header of a run with ``--schema-drift``."""


class _Manager(pluggy.PluginManager):
    """Takes functions by their names, as pytest does."""

    def parse_hookimpl_opts(self, plugin: object, name: str) -> pluggy.HookimplOpts | None:
        if not name.startswith(f"{PROJECT}_"):
            return None
        attribute = getattr(plugin, name, None)
        if not (inspect.isfunction(attribute) or inspect.ismethod(attribute)):
            return None  # one of our fixtures, overridden
        return super().parse_hookimpl_opts(plugin, name) or _UNMARKED


_UNMARKED = pluggy.HookimplOpts(
    wrapper=False, hookwrapper=False, optionalhook=False, tryfirst=False, trylast=False, specname=None
)


def hooks_of(config: pytest.Config) -> pluggy.HookRelay:
    """The hooks, with the implementations of everything that pytest has loaded so far.

    Raises ``pytest.UsageError`` for an unknown hook or argument.
    """
    manager = _Manager(PROJECT)
    manager.add_hookspecs(sys.modules[__name__])
    try:
        for name, plugin in config.pluginmanager.list_name_plugin():
            if plugin is not None:  # blocked with -p no:name
                manager.register(plugin, name)
        manager.check_pending()
    except pluggy.PluginValidationError as error:
        raise pytest.UsageError(f"a hook of schemadrift is wrong: {error}") from None
    return manager.hook
