"""What a style answers when it is asked for the field of a column."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_schemadrift.codegen.emit import Call


@dataclass(frozen=True, slots=True)
class Choice:
    """A field class with its arguments; ``python`` (int, str, bool, decimal, float, other) is how defaults are read."""

    call: Call
    python: str = "other"
    imports: tuple[tuple[str, str], ...] = ()
    """(module, name) pairs that the call needs beyond the framework's usual ones."""
