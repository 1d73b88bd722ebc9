"""The case of letters in names that people write: some servers take ``Users`` and ``users`` for one table."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, TypeVar

from pytest_schemadrift.schema.frozen import dataclass

if TYPE_CHECKING:
    from pytest_schemadrift.schema.capabilities import Capabilities
    from pytest_schemadrift.schema.name import Name

T = TypeVar("T", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Letters:
    """Whether ``Name`` and ``name`` are one to a server: as tables, and as columns, indexes or constraints of one.

    Only ASCII letters count, as no server disagrees about them.
    """

    tables: bool = False
    columns: bool = False

    def is_table(self, name: Name, pattern: str) -> bool:
        """Whether a shell pattern means a table, with or without its schema."""
        return any(self.is_spelled(text, pattern) for text in (str(name), name.name))

    def is_spelled(self, table: str, pattern: str) -> bool:
        """Whether a shell pattern means what is called so, as tables are."""
        return _means(pattern, table, is_folded=self.tables)

    def is_part(self, name: str, pattern: str) -> bool:
        """Whether a shell pattern means a column, an index or a constraint."""
        return _means(pattern, name, is_folded=self.columns)

    def is_place(self, table: str, name: str, pattern: str) -> bool:
        """Whether a shell pattern such as ``users.f*`` means a part of a table."""
        place = f"{table}.{name}"
        if self.tables == self.columns:
            return _means(pattern, place, is_folded=self.tables)
        of_table, _, of_name = pattern.rpartition(".")
        return fnmatchcase(place, pattern) or (self.is_spelled(table, of_table) and self.is_part(name, of_name))

    def known(self, name: T, tables: Iterable[T]) -> T:
        """The table that is meant by a name, as one of ``tables`` is spelled; the name itself where none is."""
        return name if not self.tables else _known(name, tables)

    def known_part(self, name: str, names: Iterable[str]) -> str:
        """The column that is meant by a name, as one of ``names`` is spelled; the name itself where none is."""
        return name if not self.columns else _known(name, names)


EXACT = Letters()
"""Of a server that looks at case, or of one that nobody knows."""


def letters_of(capabilities: Capabilities) -> Letters:
    """What case is to a server."""
    return Letters(capabilities.case_insensitive_tables, capabilities.case_insensitive_columns)


def folded(name: object) -> str:
    """A name without the case of its ASCII letters."""
    text = str(name)
    return text.lower() if text.isascii() else "".join(sign.lower() if sign.isascii() else sign for sign in text)


def _means(pattern: str, text: str, *, is_folded: bool) -> bool:
    return fnmatchcase(text, pattern) or (is_folded and fnmatchcase(folded(text), folded(pattern)))


def _known(name: T, names: Iterable[T]) -> T:
    there = set(names)
    alike = [other for other in there if folded(other) == folded(name)] if name not in there else []
    return alike[0] if len(alike) == 1 else name
