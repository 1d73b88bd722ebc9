"""The clauses of one ALTER TABLE, in the order in which they are written."""

from __future__ import annotations

from dataclasses import dataclass, field

from pytest_schemadrift.dialects.mysql.names import qualified
from pytest_schemadrift.schema.model import Name


@dataclass(slots=True)
class Clauses:
    """The clauses of one ALTER TABLE by the order in which they are written, and statements around it."""

    drops: list[str] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)
    adds: list[str] = field(default_factory=list)
    options: list[str] = field(default_factory=list)
    before: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)
    first: list[str] = field(default_factory=list)
    """Clauses of an ALTER TABLE of their own: what has to be done before columns can be filled."""
    filled: list[str] = field(default_factory=list)
    """The columns whose rows without a value get one."""
    fills: list[str] = field(default_factory=list)

    def statements(self, table: Name) -> tuple[str, ...]:
        """The ALTER TABLE, if there is anything for it to do, with what comes before and after it.

        InnoDB creates one full-text index at a time (MySQL 9.7: error 1795).
        """
        single = [clause for clause in self.adds if clause.startswith("ADD FULLTEXT ")][1:]
        clauses = [*self.drops, *self.columns, *(item for item in self.adds if item not in single), *self.options]
        head = f"ALTER TABLE {qualified(table)} "
        first = (head + ", ".join(self.first),) if self.first else ()
        middle = (head + ", ".join(clauses),) if clauses else ()
        return (*self.before, *first, *self.fills, *middle, *(head + clause for clause in single), *self.after)
