"""The hooks that projects and other plugins may implement (pluggy; see ``docs/pytest.md``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pytest_schemadrift.changes import SimpleChange


@pytest.hookspec(firstresult=True)
def schemadrift_ignore_change(change: SimpleChange) -> str | bool | None:
    """Say that a change is no drift: a reason (or ``True``) ignores it, ``None`` lets others decide.

    An ignored change is listed with its reason, never hidden.
    """


@pytest.hookspec(firstresult=True)
def schemadrift_prepare_database(connection: str, url: str) -> bool | None:
    """Bring a database that was spun up, and is empty, to the state under test; ``True`` if it is done."""


@pytest.hookspec
def schemadrift_report_header() -> str | list[str] | None:
    """Lines to add to the header of a run with ``--schema-drift``."""
