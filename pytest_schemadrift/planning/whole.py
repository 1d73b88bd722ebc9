"""A whole database as statements: tables and views, and the functions and types that they stand on."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import groupby
from typing import NamedTuple

from pytest_schemadrift.dialects.base import Dialect, Pieces, Place
from pytest_schemadrift.planning.build import creation_plan
from pytest_schemadrift.schema.capabilities import ServerInfo
from pytest_schemadrift.schema.changes import Change, CreateDomain, CreateEnum, CreateSequence, CreateTable
from pytest_schemadrift.schema.model import Schema, Table, UnsupportedObject, View, views_in_order

_LAST = ("rule", "policy", "statistics", "index")
"""What stands on a table or view and nothing stands on, by its text."""
_PLACES = {"procedure": "function", "range type": "type"}


class Whole(NamedTuple):
    """The statements that make a database, without semicolons; ``left_out`` says what they do not make, and why."""

    statements: list[str]
    left_out: list[str]


def whole(schema: Schema, dialect: Dialect, info: ServerInfo, pieces: Pieces) -> Whole:
    """Return the statements that make ``schema`` in an empty database, with what it needs of ``pieces``.

    What needs an object that no statement is known for is left out, so that all others can be made. Raises
    ``Unsupported``.
    """
    making = _Making(schema, pieces, _steps(schema, dialect, info))
    return making.whole()


class _Step(NamedTuple):
    place: Place | None
    needs: tuple[Place, ...]
    statements: tuple[str, ...]


def _steps(schema: Schema, dialect: Dialect, info: ServerInfo) -> list[_Step]:
    plan = creation_plan(schema, dialect, info)
    steps = []
    for change, group in groupby(plan.statements, key=lambda statement: statement.change):
        place, needs = _place_of(change)
        steps.append(_Step(place, needs, tuple(statement.sql for statement in group)))
    views = views_in_order(schema.views)
    return steps + [_Step(Place("relation", str(view.name)), (), (view.sql,)) for view in views]


def _place_of(change: Change) -> tuple[Place | None, tuple[Place, ...]]:
    """What a step makes, or what it must not do without."""
    if isinstance(change, CreateTable):
        return Place("relation", str(change.table.name)), ()
    if isinstance(change, CreateSequence):
        return Place("relation", str(change.sequence.name)), ()
    if isinstance(change, CreateEnum):
        return Place("type", str(change.enum.name)), ()
    if isinstance(change, CreateDomain):
        return Place("type", str(change.domain.name)), ()
    table = getattr(change, "table", None)
    key = getattr(change, "foreign_key", None)
    names = [*([str(table)] if table else []), *([str(key.ref_table)] if key else [])]
    return None, tuple(Place("relation", name) for name in names)


class _Making:
    """The statements in the order of the steps, but for what an earlier one needs."""

    def __init__(self, schema: Schema, pieces: Pieces, steps: Sequence[_Step]) -> None:
        self.schema, self.pieces, self.steps = schema, pieces, steps
        self.of_place = {step.place: step for step in steps if step.place is not None}
        self.keys = {
            Place("relation", str(table.name)): {Place("relation", str(key.ref_table)) for key in table.foreign_keys}
            for table in schema.tables
        }
        self.position = {place: number for number, place in enumerate(self.of_place)}
        self.lost = self.lost_places()
        self.statements: list[str] = []
        self.made: set[Place] = set()
        self.last: set[UnsupportedObject] = set()

    def whole(self) -> Whole:
        """All of it."""
        named = {_place_of_item(item) for item in self.schema.unsupported}
        views = {Place("relation", str(view.name)) for view in self.schema.views}
        for step in self.steps:
            if step.place is None:
                if not self.lost.keys() & set(step.needs):
                    self.statements += step.statements
            elif step.place not in views:
                self.make(step.place)
        for place in sorted(named & self.pieces.texts.keys()):
            self.make(place)
        for step in self.steps:
            if step.place is not None:
                self.make(step.place)
        self.put_last()
        self.statements = [*self.schemas_apart(), *self.statements, *self.given()]
        if any(place.kind == "function" for place in self.made):
            self.statements = [*self.pieces.before, *self.statements]
        lost = sorted(self.lost.items())
        left = [f"{place.kind} {place.name}: {why}" for place, why in lost if self.is_wanted(place, named)]
        left += [note for place, note in self.pieces.notes.items() if place in self.made]
        done = {*self.made, *self.lost}
        left += [
            f"{item.kind} {item.name}: {item.reason}"
            for item in (*self.schema.unsupported, *self.schema.unseen)
            if _place_of_item(item) not in done and item not in self.last
        ]
        return Whole(self.statements, left)

    def lost_places(self) -> dict[Place, str]:
        """What cannot be made, with the reason: what no statement is known for, and all that needs such a thing."""
        reasons = dict.fromkeys(self.pieces.missing, "no statement is known for it")
        for item in self.schema.unsupported:
            place = Place("relation", item.name)
            if item.kind == "table" and place not in self.of_place:
                reasons[place] = item.reason
        grown = True
        while grown:
            found = {
                place: f"it needs {lost.kind} {lost.name}".replace("needs other ", "needs ")
                for place in {*self.pieces.needs, *self.keys} - reasons.keys()
                for lost in (*self.pieces.needs.get(place, ()), *self.keys.get(place, ()))
                if lost in reasons
            }
            reasons |= found
            grown = bool(found)
        return reasons

    def is_wanted(self, place: Place, named: Collection[Place]) -> bool:
        """Whether what is lost was to be made here; what no statement is known for is named by what needs it."""
        return place in self.of_place or (place in named and place not in self.pieces.missing)

    def make(self, place: Place) -> None:
        """Make one, after all that it needs. Where two need each other, the first is made without the second."""
        if place in self.made or place in self.lost:
            return
        self.made.add(place)
        # The foreign keys to tables that are made later are steps of their own.
        here = self.position.get(place, 0)
        earlier = {key for key in self.keys.get(place, ()) if self.position.get(key, here) < here}
        needs = {*self.pieces.needs.get(place, ()), *earlier}
        for need in sorted(needs, key=lambda need: (self.position.get(need, -1), need)):
            self.make(need)
        if place in self.of_place:
            self.statements += self.of_place[place].statements
        elif place in self.pieces.texts:
            self.statements += self.with_mode(place, self.pieces.texts[place])

    def with_mode(self, place: Place, sql: str) -> list[str]:
        """A statement, and those that it has to stand between."""
        before, after = self.pieces.around.get(place, ("", ""))
        return [before, sql, after] if before else [sql]

    def put_last(self) -> None:
        """What stands on the tables and views that were made."""
        owners: list[Table | View] = [*self.schema.tables, *self.schema.views]
        here = [owner for owner in owners if Place("relation", str(owner.name)) not in self.lost]
        turns = {place: turn for turn, place in enumerate(self.pieces.turns)}
        triggers = [trigger for owner in here for trigger in owner.triggers]
        for trigger in sorted(triggers, key=lambda trigger: turns.get(Place("trigger", trigger.name), 0)):
            self.statements += self.with_mode(Place("trigger", trigger.name), trigger.sql)
        names = {owner.name for owner in here if Place("relation", str(owner.name)) in self.pieces.needs}
        last = [item for item in self.schema.unsupported if item.kind in _LAST and item.sql and item.table in names]
        self.last = set(last)
        in_turn = sorted(last, key=lambda item: _LAST.index(item.kind))
        self.statements += [item.sql.rstrip().rstrip(";") for item in in_turn]

    def schemas_apart(self) -> list[str]:
        """The schemas of functions and types that no table makes."""
        return sorted(f'CREATE SCHEMA IF NOT EXISTS "{name}"' for name in self.names_apart())

    def names_apart(self) -> set[str]:
        names = {self.pieces.schemas.get(place, "") for place in self.made if place in self.pieces.texts}
        return names - {"", *self.schema.namespaces}

    def given(self) -> list[str]:
        """What is given to the objects that are made, and to the schemas and extensions that are made for them."""
        there = self.made - self.lost.keys() | {Place("database", "")}
        there |= {Place("schema", name) for name in {*self.schema.namespaces, *self.names_apart()}}
        there |= {Place("extension", name) for name in self.schema.extensions}
        return [sql for place, sql in self.pieces.given if place in there]


def _place_of_item(item: UnsupportedObject) -> Place:
    return Place(_PLACES.get(item.kind, item.kind), item.name)
