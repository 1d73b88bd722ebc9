"""The hooks that projects and other plugins may implement, in a ``conftest.py`` or a plugin of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pytest_schemadrift.changes import SimpleChange


@pytest.hookspec(firstresult=True)
def schemadrift_ignore_change(change: SimpleChange) -> str | bool | None:
    """Say that a change is no drift: a reason (or ``True``) ignores it, ``None`` or ``False`` lets others decide.

    An ignored change is listed with its reason, never hidden::

        def schemadrift_ignore_change(change):
            if isinstance(change, CreateIndex) and change.table.name == "events":
                return "built by hand at night"
    """


@pytest.hookspec(firstresult=True)
def schemadrift_prepare_database(connection: str, url: str) -> bool | None:
    """Bring a database that was spun up, and is empty, to the state under test; return ``True`` where that is done.

    Called before the fixture ``schemadrift_prepare``, which is left out if an implementation answers ``True``.
    """


@pytest.hookspec
def schemadrift_report_header() -> str | list[str] | None:
    """Return lines to add to the header of a run with ``--schema-drift``."""
