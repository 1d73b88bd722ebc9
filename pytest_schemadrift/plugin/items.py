"""The items: one per table, and one per connection for what belongs to no table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_schemadrift.changes import simple_changes
from pytest_schemadrift.errors import mask
from pytest_schemadrift.model import Name
from pytest_schemadrift.plan import Drift, Step
from pytest_schemadrift.plugin.hooks import STATE
from pytest_schemadrift.plugin.results import CouldNotTell, SchemaDrift
from pytest_schemadrift.plugin.state import State
from pytest_schemadrift.report.text import place_text, rename_lines
from pytest_schemadrift.report.words import counted, origin_of, summary
from pytest_schemadrift.wording import describe, subject

if TYPE_CHECKING:
    from pytest_schemadrift.plan import Origin

REST = "everything-else"
"""The item for what belongs to no table of the models: extra tables, enums, schemas."""
LINES_OF_SQL = 12
"""A failure fits on a screen; the whole SQL is what ``schemadrift diff`` prints."""


def _state(node: pytest.Collector | pytest.Item) -> State:
    state = node.config.stash[STATE]
    assert isinstance(state, State)
    return state


class DriftFile(pytest.File):
    """The anchor file; its children are the connections."""

    def collect(self) -> Iterator[Connection]:
        """One collector per connection."""
        for name in _state(self).connections:
            yield Connection.from_parent(self, name=name)


class Connection(pytest.Collector):
    """One connection; its children are the tables."""

    def collect(self) -> Iterator[DriftItem]:
        """One item per table of the models, without asking any database, and one for the rest."""
        for table in _state(self).tables(self.name):
            yield DriftItem.of(self, str(table), table)
        yield DriftItem.of(self, REST, None)


class Drifted(Exception):
    """The item's table differs from its model."""

    def __init__(self, drift: Drift, steps: tuple[Step, ...], unreadable: tuple[str, ...]) -> None:
        self.drift, self.steps, self.unreadable = drift, steps, unreadable
        super().__init__(self.line)

    @property
    def line(self) -> str:
        """The reason in the short summary: ``2 changes (1 destructive)``."""
        words = [summary(self.steps)] if self.steps else []
        words += [f"{len(self.unreadable)} not readable"] if self.unreadable else []
        return ", ".join(words)


class DriftItem(pytest.Function):
    """Compares one table with its model."""

    table: Name | None

    @classmethod
    def of(cls, parent: Connection, name: str, table: Name | None) -> DriftItem:
        """An item for a table, or for what belongs to none."""
        connection = parent.name

        def check(schema_drift: SchemaDrift) -> None:
            drift = schema_drift.check(connection)
            steps, unreadable = _share(drift, table)
            if steps or unreadable:
                raise Drifted(drift, steps, unreadable)

        item: DriftItem = cls.from_parent(parent, name=name, callobj=check)
        item.table = table
        item.add_marker(pytest.mark.schema_drift)
        item.user_properties.append(("schemadrift", connection))
        return item

    @property
    def connection(self) -> str:
        """The connection's name."""
        assert self.parent is not None
        return self.parent.name

    def setup(self) -> None:
        """Fetch the fixtures and the connection's check: what fails here is an error, not drift."""
        super().setup()
        fixture = self.funcargs["schema_drift"]
        assert isinstance(fixture, SchemaDrift)
        reason = ""
        try:
            fixture.check(self.connection)
        except CouldNotTell as error:
            reason = str(error)
        if reason:  # outside of the handler, so that no second exception is shown with it
            pytest.fail(reason, pytrace=False)

    def _origin(self) -> Origin | None:
        return None if self.table is None else _state(self).origin(self.connection, self.table)

    def reportinfo(self) -> tuple[Path, int, str]:
        """The model's file and line, so that annotations and editors land on it."""
        origin = self._origin()
        title = f"{self.connection}::{self.name}"
        if origin is None:
            return self.path, 0, title
        return _state(self).project.settings.project_dir / origin.path, origin.line - 1, title

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """What a person needs, and no traceback."""
        error = excinfo.value
        if not isinstance(error, Drifted):
            return super().repr_failure(excinfo)
        origin = next((found for step in error.steps if (found := origin_of(error.drift, step.change))), self._origin())
        path, line = (Path(origin.path), origin.line) if origin else (self.path, 1)
        shown = _short(excinfo, path, line, error.line, "\n".join(_words(error)))
        sql = [statement for step in error.steps for statement in step.sql]
        if sql:
            shown.addsection(f"ALTER SQL for {error.drift.dialect}", _cut(sql))
        return shown


def _share(drift: Drift, table: Name | None) -> tuple[tuple[Step, ...], tuple[str, ...]]:
    """What of a connection's drift one item answers for."""
    mine = set(drift.tables)

    def owner(name: Name | None) -> Name | None:
        return name if name in mine else None

    steps = tuple(step for step in drift.steps if owner(_table_of(step)) == table)
    unreadable = tuple(
        f"{item.kind} {item.name} could not be read: {item.reason}"
        for item in drift.unreadable
        if owner(item.table) == table
    )
    return steps, unreadable


def _table_of(step: Step) -> Name | None:
    return subject(step.change)[0]


def _words(error: Drifted) -> Iterable[str]:
    drift = error.drift
    for step in error.steps:
        for part in simple_changes(step.change):
            yield f"{part.code} {describe(part)}"
        origin = origin_of(drift, step.change)
        if origin is not None:
            yield f"   {place_text(origin)}"
        if step.hazards:
            yield f"   hazards: {', '.join(step.hazards)}"
    yield from error.unreadable
    if error.steps:
        yield from rename_lines(drift, {_table_of(step) for step in error.steps})
        yield _proof(drift)
        yield f"to fix it: schemadrift apply --connection {drift.connection}"


def _proof(drift: Drift) -> str:
    if drift.proven:
        return "proven on a scratch copy"
    return f"{'NOT proven' if drift.proven is False else 'not proven'}: {drift.proof_note}"


def _cut(statements: list[str]) -> str:
    lines = [line for sql in statements for line in f"{sql};".splitlines()]
    if len(lines) <= LINES_OF_SQL:
        return "\n".join(lines)
    rest = len(lines) - LINES_OF_SQL + 1
    return "\n".join([*lines[: LINES_OF_SQL - 1], f"-- and {counted(rest, 'line')} more: schemadrift diff"])


def _short(excinfo: pytest.ExceptionInfo[BaseException], path: Path, line: int, reason: str, text: str) -> Any:
    """A failure whose place is the model, whose message is one line, and whose body is ``text`` alone."""
    shown: Any = excinfo.getrepr(style="value")
    crash = replace(shown.reprcrash, path=str(path), lineno=line, message=mask(reason))
    body = replace(shown.reprtraceback, reprentries=[_entry(shown, mask(text))], extraline=None)
    shown.reprcrash, shown.reprtraceback = crash, body
    shown.chain = [(body, crash, None)]
    return shown


def _entry(shown: Any, text: str) -> Any:
    return replace(shown.reprtraceback.reprentries[-1], lines=text.splitlines(), reprfuncargs=None, reprlocals=None)
