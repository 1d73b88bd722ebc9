"""What a database can tell of who changed something, and when."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, NamedTuple

from pytest_schemadrift.schema.name import Name


class Touched(NamedTuple):
    """What a difference is about, by its name in the database: ``part`` of a table, ``""`` for all of an object."""

    kind: Literal["table", "column", "index", "constraint", "type", "sequence", "schema", "extension"]
    object: Name
    part: str
    missing: bool
    """Whether it is not in the database."""


class LastChange(NamedTuple):
    """When something was changed last, and by whom where that is known (else ``""``).

    ``of`` is what the database speaks of: the object itself, or the table that it is a part of.
    """

    of: str
    at: datetime
    by: str = ""


class DdlLog(NamedTuple):
    """A table to which an event trigger of the user's writes, and its columns."""

    table: Name
    object: str
    at: str
    by: str
