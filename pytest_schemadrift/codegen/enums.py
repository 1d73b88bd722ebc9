"""Enumerated types as Python enumerations: PostgreSQL's own types, and MySQL's ENUM of a single column."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from pytest_schemadrift.codegen.emit import INDENT, assignment, string
from pytest_schemadrift.codegen.names import class_name, distinct, free_name, member_name
from pytest_schemadrift.dialects.postgres.names import quote_needed
from pytest_schemadrift.schema.model import Column, Schema, Table

_MYSQL = re.compile(r"enum\((.*)\)", re.DOTALL)
_VALUE = re.compile(r"'((?:[^']|'')*)'")


@dataclass(frozen=True, slots=True)
class Enumeration:
    """A class of an enumeration and its values in the order of the database."""

    name: str
    values: tuple[str, ...]

    def members(self) -> list[tuple[str, str]]:
        """(member, value) pairs."""
        names = distinct((member_name(value) for value in self.values), (), "_")
        return list(zip(names, self.values, strict=True))

    def lines(self) -> list[str]:
        """The body of the class."""
        return [line for name, value in self.members() for line in assignment(name, string(value), INDENT)]


class Enumerations:
    """The enumerations that the columns of a schema need, each named when it is first asked for."""

    def __init__(self, schema: Schema, family: str, taken: Collection[str]) -> None:
        self._family, self._taken = family, set(taken)
        self._types = {".".join(quote_needed(part) for part in enum.name if part): enum for enum in schema.enums}
        self._found: dict[str, Enumeration] = {}

    def of(self, table: Table, column: Column) -> Enumeration | None:
        """The enumeration of a column, where its type is one."""
        if self._family == "postgres":
            enum = self._types.get(column.type)
            return self._named(column.type, enum.name.name, enum.values) if enum and enum.values else None
        match = _MYSQL.fullmatch(column.type) if self._family == "mysql" else None
        if match is None:
            return None
        values = tuple(value.replace("''", "'") for value in _VALUE.findall(match[1]))
        return self._named(f"{table.name} {column.name}", f"{table.name.name}_{column.name}", values)

    def _named(self, identity: str, name: str, values: tuple[str, ...]) -> Enumeration:
        if identity not in self._found:
            free = free_name(class_name(name), self._taken, "Enum")
            self._taken.add(free)
            self._found[identity] = Enumeration(free, values)
        return self._found[identity]

    def used(self) -> list[Enumeration]:
        """Those that were asked for, by name."""
        return sorted(self._found.values(), key=lambda enum: enum.name)
