"""The name of a table, apart from the rest of the model: a guard that knows the database needs no more of it."""

from __future__ import annotations

from typing import NamedTuple


class Name(NamedTuple):
    """A name within its namespace; ``schema`` is ``""`` for the connection's default schema."""

    schema: str
    name: str

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}" if self.schema else self.name
