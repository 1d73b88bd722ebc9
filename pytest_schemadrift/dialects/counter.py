"""What numbers rows: a sequence, AUTO_INCREMENT, ``sqlite_sequence``; and the number that it should give next."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_schemadrift.schema.name import Name


@dataclass(frozen=True, slots=True)
class Counter:
    """One source of numbers; ``columns`` (``table.column``) of ``tables`` take theirs from it.

    ``next`` is the number that it gives next, ``start`` its first one, ``used`` the one furthest along among the rows
    (the largest; the smallest where ``step`` is negative), ``None`` where no row has one. ``last`` is the number after
    which it ends. Where it cannot be judged the numbers mean nothing: ``left_alone`` says why it should not be,
    ``missing_right`` what the role would need.
    """

    name: Name
    columns: tuple[str, ...]
    tables: frozenset[Name]
    next: int = 1
    used: int | None = None
    start: int = 1
    step: int = 1
    last: int | None = None
    left_alone: str = ""
    missing_right: str = ""

    @property
    def wanted(self) -> int:
        """The first number past the rows, on the way of ``step`` through ``next``, and none before ``start``.

        Where no row has a number it is ``start``.
        """
        if self.used is None:
            return self.start
        way = 1 if self.step > 0 else -1
        past_rows = self.used + way
        goal = self.start if self._is_past(self.start, past_rows) else past_rows
        steps = -((self.next - goal) * way // abs(self.step))
        return self.next + steps * self.step

    @property
    def is_behind(self) -> bool:
        """Whether it would give a number that a row may have already."""
        return self.used is not None and not self._is_past(self.next, self.used)

    @property
    def is_ahead(self) -> bool:
        """Whether it left numbers out, because rows were deleted or never inserted."""
        return self._is_past(self.next, self.wanted)

    @property
    def is_exhausted(self) -> bool:
        """Whether the rows have its last number already."""
        return self.last is not None and self._is_past(self.wanted, self.last)

    @property
    def is_at_its_end(self) -> bool:
        """Whether it is exhausted, and would say so: there is nothing to set."""
        return self.is_exhausted and self.last is not None and not self._is_past(self.last, self.next)

    def _is_past(self, number: int, other: int) -> bool:
        return number > other if self.step > 0 else number < other
