"""A scratch database's connection, which nothing leaves: no statement is sent that could reach outside of it.

Text of the live database (views, triggers, defaults, checks) is executed in scratch. It may name another database, call
what reads or writes elsewhere, or be a trigger that the plan's own UPDATE would fire. So every statement is looked at
before it is sent, and a trigger has an empty body until the plan has been judged.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from pytest_schemadrift.dialects.base import Connection, LeftOut
from pytest_schemadrift.errors import SchemaDriftError, StatementFailed, Unsupported

if TYPE_CHECKING:
    from pytest_schemadrift.schema.model import Schema

NOT_RUN = "is not run in a scratch database"
"""What a function says that has no body in scratch."""

_DEFINES = ("CREATE ", "ALTER ", "COMMENT ON ")
"""How statements begin that a transaction can take back; those that it cannot fail where they are not alone."""

Check = Callable[[str], Awaitable[None]]
"""Raises ``Unsupported`` for a statement that could reach outside of the scratch database, naming the object."""


@dataclass(frozen=True, slots=True)
class Trigger:
    """A trigger that is created with an empty body (``stub``) first: ``what`` is its name in a report."""

    what: str
    name: str
    stub: str
    drop: str
    sql: str


@dataclass(frozen=True, slots=True)
class Needed:
    """An object of the live database that a statement needs in scratch: a function, a sequence.

    ``left_out`` says that ``sql`` makes only its outline, and why. ``known_as`` is its kind and its name (a function's
    without the arguments) in a schema, where that has no words for it.
    """

    name: str
    sql: str
    left_out: LeftOut | None = None
    known_as: tuple[str, str] = ("", "")


async def _nothing(sql: str) -> list[Needed]:
    return []


def _not_optional(sql: str) -> str:
    return ""


def _no_trigger(sql: str) -> Trigger | None:
    return None


def _unheard(statements: Sequence[str]) -> None:
    pass


async def _no_excuse(trigger: Trigger) -> str:
    return ""


async def _as_it_was(trigger: Trigger) -> Trigger:
    return trigger


@dataclass(slots=True)
class Enclosure:
    """A ``Connection`` to a scratch database.

    ``check`` refuses a statement, ``needs`` names what of the live database a statement uses and has to be made first,
    ``as_trigger`` recognises the statement that makes a trigger.
    """

    inner: Connection
    """For queries of ours, which are not looked at."""
    check: Check
    needs: Callable[[str], Awaitable[list[Needed]]] = _nothing
    as_trigger: Callable[[str], Trigger | None] = _no_trigger
    left_out: dict[str, LeftOut] = field(default_factory=dict)
    """By name, what the copy holds only in outline."""
    optional: Callable[[str], str] = _not_optional
    """The extension that a statement makes, which most tables do without; empty for all other statements."""
    excuse: Callable[[Trigger], Awaitable[str]] = _no_excuse
    """Why a trigger may compile in the live database although it does not here; empty where there is no reason."""
    moved: Callable[[Trigger], Awaitable[Trigger]] = _as_it_was
    """The trigger on its table as that is called now, after a plan that may have renamed it."""
    announce: Callable[[Sequence[str]], None] = _unheard
    """Takes the statements that are to be executed: what they make themselves is not to be lent."""
    together: int = 1
    """How many definitions are sent in one text: more than one where the server takes all of them back if one fails."""
    missing: dict[str, str] = field(default_factory=dict)
    """Extension -> why it could not be made."""
    _lent: set[tuple[str, str]] = field(default_factory=set)
    _in_transaction: bool = False
    _made: set[str] = field(default_factory=set)
    _postponed: dict[str, Trigger] = field(default_factory=dict)

    @property
    def dialect(self) -> str:
        """That of the connection."""
        return self.inner.dialect

    async def fetch(self, sql: str, *arguments: object) -> list[tuple[Any, ...]]:
        """Run a query of ours. Raises ``StatementFailed``."""
        return await self.inner.fetch(sql, *arguments)

    async def execute(self, sql: str) -> None:
        """Run one statement, with what it needs of the live database before it.

        Raises ``StatementFailed``, and ``Unsupported`` for one that could reach outside: it was not sent then.
        """
        trigger = self.as_trigger(sql)
        if trigger is not None:
            try:
                await self.inner.execute(trigger.stub)
            except StatementFailed as error:
                raise _not_made(trigger.what, error) from None
            self._postponed[trigger.what] = trigger
            return
        await self.check(sql)
        not_lent = await self._lend(await self.needs(sql))
        try:
            await self.inner.execute(sql)
        except StatementFailed as error:
            if not self._in_transaction and (name := self.optional(sql)):
                self.missing[name] = error.what
                return
            self._say_what_is_missing(error)
            if not_lent is not None:
                raise not_lent from None
            raise
        first = sql.split(maxsplit=1)[0].upper() if sql.strip() else ""
        self._in_transaction = first == "BEGIN" or (self._in_transaction and first not in ("COMMIT", "ROLLBACK"))

    async def execute_all(self, statements: Sequence[str], on_done: Callable[[], object]) -> None:
        """Run statements one after the other, as ``execute`` does, and call ``on_done`` after each.

        Definitions go ``together``, so that a server far away, or a busy one, is not waited for after each of them.
        """
        waiting: list[str] = []
        for sql in statements:
            if self.together == 1 or not self._can_be_taken_back(sql):
                await self._execute_together(waiting, on_done)
                await self.execute(sql)
                on_done()
                continue
            if needed := await self.needs(sql):
                await self._execute_together(waiting, on_done)
                await self._lend(needed)
            waiting.append(sql)
            if len(waiting) == self.together:
                await self._execute_together(waiting, on_done)
        await self._execute_together(waiting, on_done)

    def _can_be_taken_back(self, sql: str) -> bool:
        """Whether a statement only defines something, and nothing special is done with it."""
        if self._in_transaction or not sql[:11].upper().startswith(_DEFINES):
            return False
        return self.as_trigger(sql) is None and not self.optional(sql)

    async def _execute_together(self, waiting: list[str], on_done: Callable[[], object]) -> None:
        """Run them in one text, which is looked at as it is sent; one by one where that fails, to know which it is."""
        text = "\n;\n".join(waiting)  # the last line may be a comment
        try:
            if len(waiting) > 1:
                await self.check(text)
                await self.inner.execute(text)
        except (StatementFailed, Unsupported):
            text = ""
        for sql in waiting:
            if len(waiting) == 1 or not text:
                await self.execute(sql)
            on_done()
        waiting.clear()

    def complete(self, found: Schema) -> Schema:
        """What was read from here as the statements made it.

        That is with the extensions that could not be made, and without what the live database lent.
        """
        own = tuple(item for item in found.unsupported if (item.kind, item.name.partition("(")[0]) not in self._lent)
        return replace(found, extensions=tuple(sorted({*found.extensions, *self.missing})), unsupported=own)

    def _say_what_is_missing(self, error: StatementFailed) -> None:
        """Raise ``Unsupported`` where a statement fails for want of something that could not be made here."""
        if self.missing and error.condition == "undefined":
            name, why = next(iter(self.missing.items()))
            what = f"extension {name} cannot be created in a scratch database: {why} ({error.what})"
            raise Unsupported(what, sql=error.sql) from None

    async def _lend(self, needed: Sequence[Needed]) -> StatementFailed | None:
        """Make what is not there yet; what the role may not make is why a statement fails that does need it."""
        refused = None
        for item in needed:
            if item.name in self._made:
                continue
            if error := await self._refusal(item.sql):
                if error.condition == "insufficient_privilege":
                    refused = _not_made(item.name, error)
                continue
            self._made.add(item.name)
            self._lent.add(item.known_as)
            if item.left_out is not None:
                self.left_out[item.name] = item.left_out
        return refused

    async def _refusal(self, sql: str) -> StatementFailed | None:
        """Run a statement that may fail, whatever transaction is open: what needed it says what is missing."""
        try:
            if self._in_transaction:
                await self.inner.execute("SAVEPOINT schemadrift_needs")
            await self.inner.execute(sql)
        except StatementFailed as error:
            if self._in_transaction:
                await self.inner.execute("ROLLBACK TO SAVEPOINT schemadrift_needs")
            return error
        return None

    async def complete_triggers(self) -> list[str]:
        """Give the triggers their bodies, after the last statement that could fire one: those that do not compile.

        One that could reach outside keeps its empty body and is ``left_out``.
        """
        broken = []
        for before in self._postponed.values():
            trigger = await self.moved(before)
            try:
                await self.check(trigger.sql)
            except Unsupported as error:
                self.left_out[trigger.what] = LeftOut(trigger.what, error.what.removeprefix(f"{trigger.what} "))
                continue
            try:
                await self.inner.execute(trigger.drop)
            except SchemaDriftError:
                continue  # the plan dropped it, or its table
            try:
                await self.inner.execute(trigger.sql)
            except StatementFailed as error:
                if why := await self.excuse(trigger):
                    self.left_out[trigger.what] = LeftOut(trigger.what, why)
                else:
                    broken.append(f"{trigger.what} ({error.what.splitlines()[0]})")
        self._postponed.clear()
        return broken

    async def close(self) -> None:
        """Close it; never raises."""
        await self.inner.close()


def _not_made(name: str, error: StatementFailed) -> StatementFailed:
    what = f"{name} cannot be created in a scratch database: {error.what}"
    return StatementFailed(what, sql=error.sql, condition=error.condition)
