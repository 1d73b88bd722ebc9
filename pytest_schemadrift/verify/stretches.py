"""A long plan is tried in stretches where each ALTER TABLE reads the text of every table again (SQLite).

Each stretch is tried on a copy of what the one before left behind, with all that its tables refer to and all that
refers to them: as a plan of its own, for the database as it is at that moment. So its copy is small, and three hundred
changes cost what they cost and not three hundred times the whole copy.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass, replace
from itertools import groupby

from pytest_schemadrift.dialects.base import Dialect, RenderContext
from pytest_schemadrift.planning.plan import Plan, Statement
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.build import make_schema
from pytest_schemadrift.schema.capabilities import ServerInfo
from pytest_schemadrift.schema.evolve import evolve
from pytest_schemadrift.schema.model import Index, Name, Schema, Table, referenced_tables
from pytest_schemadrift.sources.scratch import extract

TABLES = 4
"""How many tables a stretch alters at most; what makes a table or an index, or drops it, looks at no other."""


class Entangled(Exception):
    """A stretch changed more than its tables: the plan has to be tried as a whole."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some successive changes of a plan, and the tables that they are about."""

    statements: tuple[Statement, ...]
    touched: frozenset[Name]

    def plan(self, whole: Plan, part: Schema, dialect: Dialect, info: ServerInfo) -> Plan:
        """It as a plan for ``part``, with the prologue and epilogue that its own changes need."""
        plan = replace(whole, statements=self.statements)
        after = evolve(part, plan.changes)
        context = RenderContext(part, after, info, dialect.capabilities(info), plan.changes)
        return replace(plan, prologue=dialect.prologue(context), epilogue=dialect.epilogue(context))


def stretches(plan: Plan, part: Schema) -> list[Stretch]:
    """A plan for ``part`` in stretches; one where it is short, or where a change may reach other tables than its own.

    What a rename, a view or a trigger reaches is not told by the tables that a change is about.
    """
    has_programs = part.views or part.dependents or any(table.triggers for table in part.tables)
    renames = any(isinstance(change, c.Rename) for change in plan.changes)
    if len(_altered(plan.changes)) <= TABLES or has_programs or renames:
        return [Stretch(plan.statements, frozenset(touched(plan.changes)))]
    return list(_cut(plan))


def _altered(changes: Iterable[c.Change]) -> set[Name]:
    """The tables that changes are about for which SQLite reads the texts of all."""
    alone = (c.CreateTable, c.DropTable, c.CreateIndex, c.DropIndex, c.RebuildIndex, c.RenameIndex)
    return touched(change for change in changes if not isinstance(change, alone))


def _cut(plan: Plan) -> Iterator[Stretch]:
    statements: list[Statement] = []
    names: set[Name] = set()
    altered: set[Name] = set()
    for _, group in groupby(plan.statements, key=lambda statement: id(statement.change)):
        more = list(group)
        about = _altered([more[0].change])
        if statements and len(altered | about) > TABLES:
            yield Stretch(tuple(statements), frozenset(names))
            statements, names, altered = [], set(), set()
        statements += more
        names |= touched([more[0].change])
        altered |= about
    yield Stretch(tuple(statements), frozenset(names))


def touched(changes: Iterable[c.Change]) -> set[Name]:
    """The tables that changes are about, before and after them."""
    names: set[Name] = set()
    for change in changes:
        name = c.table_of(change)
        if name is not None:
            names.add(name)
        if isinstance(change, c.RenameTable):
            names.add(change.new)
        if isinstance(change, c.ReplaceEnum):
            names |= {table for table, _ in change.used_by}
    return names


class Here:
    """The tables of a database while the stretches of a plan are tried."""

    def __init__(self, schema: Schema, target: Schema) -> None:
        self._rest = replace(schema, tables=())
        self._tables = {table.name: table for table in schema.tables}
        self._owners = {name: table.name for table in schema.tables for name in _names(table)}
        self._beside: dict[Name, set[Name]] = defaultdict(set)
        """What each table refers to and what refers to it, on either side."""
        for table in (*schema.tables, *target.tables):
            for other in referenced_tables(table):
                self._beside[table.name].add(other)
                self._beside[other].add(table.name)

    @property
    def schema(self) -> Schema:
        """What is there so far."""
        return make_schema(self._rest.dialect, tables=self._tables.values())

    def part(self, stretch: Stretch) -> Schema:
        """What has to be copied for a stretch."""
        touched = stretch.touched
        around = {other for name in touched for other in self._beside.get(name, ())} - touched
        tables = [self._tables[name] for name in sorted(touched | around) if name in self._tables]
        part = extract(replace(self._rest, tables=tuple(tables)), touched, around)
        return replace(
            part, tables=tuple(table if table.name in touched else _bare(table, touched) for table in part.tables)
        )

    def take(self, stretch: Stretch, part: Schema, found: Schema) -> None:
        """``found`` is what became of ``part``.

        Raises ``Entangled`` where a table changed that the stretch is not about, and where a name is there twice now:
        a copy of both tables would have refused it.
        """
        beside = {table.name: table for table in part.tables if table.name not in stretch.touched}
        made = [table for table in found.tables if table.name not in beside]
        if {table.name: table for table in found.tables if table.name in beside} != beside:
            raise Entangled
        if found.unsupported or found.views or any(table.triggers for table in made):
            raise Entangled
        for name in stretch.touched:
            gone = self._tables.pop(name, None)
            for word in _names(gone) if gone is not None else ():
                self._owners.pop(word, None)
        for table in made:
            names = dict.fromkeys(_names(table), table.name)
            if names.keys() & self._owners.keys():
                raise Entangled
            self._owners |= names
            self._tables[table.name] = table
        self._rest = make_schema(self._rest.dialect)


def _bare(table: Table, touched: Set[Name]) -> Table:
    """A table that is only referred to, or refers: what neither needs is left out.

    That is most of its columns, unless they need each other.
    """
    indexes = tuple(index for index in table.indexes if index.unique)
    keys = tuple(key for key in table.foreign_keys if key.ref_table in touched)
    columns = table.columns
    if not table.checks and not any(column.generated for column in columns) and not any(map(_reads, indexes)):
        needed = {name for key in keys for name in key.columns} | {
            part.column for index in indexes for part in index.parts
        }
        needed |= set(table.primary_key.columns) if table.primary_key else set()
        columns = tuple(column for column in columns if column.name in needed) or columns[:1]
    return replace(table, columns=columns, indexes=indexes, foreign_keys=keys)


def _reads(index: Index) -> bool:
    """Whether an index is about more than columns."""
    return index.where is not None or any(part.column is None for part in index.parts)


def _names(table: Table) -> set[str]:
    """What a table and its indexes are called, which are of one kind to SQLite."""
    names = {table.name.name, *(index.name for index in table.indexes if index.name and not index.constraint)}
    return {name.lower() for name in names}
