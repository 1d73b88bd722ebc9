"""Which changes of a drift are to be made: what safe mode refuses, what a person declines, and what needs those."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import field
from typing import assert_never

from pytest_schemadrift.planning.diff import diff
from pytest_schemadrift.planning.hazards import DESTRUCTIVE, ON_ROWS, Hazard, fired_triggers, hazards_of
from pytest_schemadrift.planning.needs import Key, dependents
from pytest_schemadrift.planning.renames import RenameProposal
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.capabilities import Capabilities
from pytest_schemadrift.schema.evolve import evolve
from pytest_schemadrift.schema.frozen import dataclass
from pytest_schemadrift.schema.model import Index, Name, PrimaryKey, Schema, Table


class Fact(str):
    """A sentence about rows, of which ``shows`` is the query where there are any.

    ``blocks`` where the change is sure to fail because of them.
    """

    blocks: bool
    shows: str

    def __new__(cls, text: str, *, blocks: bool = False, shows: str = "") -> Fact:
        """The sentence."""
        fact = super().__new__(cls, text)
        fact.blocks = blocks
        fact.shows = shows
        return fact


@dataclass(frozen=True, slots=True)
class Refusal:
    """A change that is not made. ``hazards`` are those that nobody allowed; ``flag`` is what would allow it.

    ``because`` says it in words, ``facts`` what was counted in the rows; ``needs`` is the refused change that this
    one stands on.
    """

    change: c.SimpleChange
    because: str
    hazards: tuple[Hazard, ...] = ()
    flag: str = ""
    needs: c.SimpleChange | None = None
    facts: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True)
class Selection:
    """The changes of a drift, divided. ``target`` is what the schema will be with the ``accepted`` alone."""

    renames: tuple[c.Rename, ...]
    accepted: tuple[c.SimpleChange, ...]
    refused: tuple[Refusal, ...]
    target: Schema
    everything: tuple[c.SimpleChange, ...] = field(default=(), repr=False)


Refuse = Callable[[c.SimpleChange, Schema, Schema], Refusal | None]
"""Why a change is not to be made, or ``None``, given the schema before and after all that is made."""


def select(old: Schema, new: Schema, renames: Sequence[c.Rename], refuse: Iterable[Refuse]) -> Selection:
    """Divide the way from ``old`` to ``new``: what any of ``refuse`` refuses, and all that needs it, stays out."""
    start = evolve(old, renames)
    everything = diff(start, new)
    rules = tuple(refuse)
    refusals: dict[int, Refusal] = {}
    while True:
        accepted = [change for place, change in enumerate(everything) if place not in refusals]
        target = evolve(start, accepted)
        found = {
            place: answer
            for place, change in enumerate(everything)
            if place not in refusals
            and (answer := next((said for rule in rules if (said := rule(change, start, target))), None))
        }
        if not found:
            break
        refusals |= found  # what made good for another may be among them: the others are asked again
        for place, cause in dependents(everything, refusals, start, new).items():
            refusals[place] = Refusal(
                everything[place], "it goes together with a change that is not made", needs=everything[cause]
            )
    refused = tuple(refusals[place] for place in sorted(refusals))
    return Selection(tuple(renames), tuple(accepted), refused, target, everything)


def unsafe(capabilities: Capabilities, allowed: Collection[Hazard], empty: Collection[Name] = ()) -> Refuse:
    """The rule of safe mode: it adds and widens; whatever else a change does must be allowed by the hazard's name.

    Tables that are ``empty`` have no row to lose, to change or to trip over.
    """

    def rule(change: c.SimpleChange, old: Schema, target: Schema) -> Refusal | None:
        harmless = set(allowed) | (ON_ROWS if tables_of_rows(change) <= set(empty) else set())
        grave = tuple(
            hazard for hazard in hazards_of(change, capabilities, old, target) if hazard in DESTRUCTIVE - harmless
        )
        if not grave:
            return None
        flag = " ".join(f"--allow-hazard {hazard}" for hazard in grave)
        why = ", ".join(grave)
        fired = fired_triggers(change, capabilities, old)
        if fired and Hazard.MAY_CHANGE_DATA in grave:
            why += f" (rows are filled by UPDATE, which would run {fired})"
        return Refusal(change, why, grave, flag)

    return rule


def tables_in_danger(
    changes: Iterable[c.SimpleChange], capabilities: Capabilities, old: Schema, new: Schema
) -> frozenset[Name]:
    """The tables whose rows decide whether changes are safe."""
    return frozenset(
        name
        for change in changes
        if ON_ROWS & set(hazards_of(change, capabilities, old, new))
        for name in tables_of_rows(change)
    )


_EVERYWHERE = Name("", "")
"""Stands for the rows of tables that cannot be named."""


def tables_of_rows(change: c.Change) -> set[Name]:
    """The tables whose rows a change is about; never none."""
    if isinstance(change, c.ReplaceEnum):
        return {table for table, _ in change.used_by} or {_EVERYWHERE}
    return {c.table_of(change) or _EVERYWHERE}


def unanswered(proposals: Iterable[RenameProposal], answer: Callable[[c.Rename], str]) -> Refuse:
    """What could be one thing under two names is neither dropped nor added until somebody says so."""
    ends: dict[Key, c.Rename] = {}
    for proposal in proposals:
        change = proposal.change
        match change:
            case c.RenameColumn():
                ends["column", change.table, change.old] = ends["column", change.table, change.new] = change
            case c.RenameTable():
                ends["table", change.old] = ends["table", change.new] = change
            case c.RenameEnumValue():
                ends["enum", change.enum] = change

    def rule(change: c.SimpleChange, old: Schema, target: Schema) -> Refusal | None:
        match change:
            case c.AddColumn() | c.DropColumn():
                rename = ends.get(("column", change.table, change.column.name))
            case c.CreateTable() | c.DropTable():
                rename = ends.get(("table", change.table.name))
            case c.ReplaceEnum():
                rename = ends.get(("enum", change.new.name))
            case c.AddEnumValue():
                rename = ends.get(("enum", change.enum))
            case _:  # no end of a rename
                rename = None
        if rename is None:
            return None
        flag = f"--rename {answer(rename)} (or --no-renames)"
        return Refusal(change, f"{rename.old} may have been renamed to {rename.new}", flag=flag)

    return rule


def without_index(capabilities: Capabilities) -> Refuse:
    """Where the server makes an index for a foreign key that has none, the key waits for the index that is wanted.

    The index of a foreign key that stays does, too: the server would not drop it (MySQL and MariaDB, error 1553).
    """

    def rule(change: c.SimpleChange, old: Schema, target: Schema) -> Refusal | None:
        if not capabilities.foreign_key_needs_index:
            return None
        match change:
            case c.AddForeignKey():
                columns = change.foreign_key.columns
                if not _has_index(target.table(change.table), columns):
                    return Refusal(
                        change, f"no index on ({', '.join(columns)}) is made, and the server would make its own"
                    )
            case c.DropIndex() | c.DropUnique() | c.DropPrimaryKey():
                after = target.table(change.table)
                for key in after.foreign_keys if after is not None else ():
                    if _begins(_key_of(change), key.columns) and not _has_index(after, key.columns):
                        return Refusal(change, f"the foreign key ({', '.join(key.columns)}) needs it, and stays")
        return None

    return rule


def _has_index(table: Table | None, columns: tuple[str, ...]) -> bool:
    """Whether a key of the table begins with these columns."""
    keys: list[PrimaryKey | Index] = [*table.indexes] if table is not None else []
    keys += [table.primary_key] if table is not None and table.primary_key is not None else []
    return any(_begins(key, columns) for key in keys)


def _begins(key: PrimaryKey | Index, columns: tuple[str, ...]) -> bool:
    return key.columns[: len(columns)] == columns


def _key_of(change: c.DropIndex | c.DropUnique | c.DropPrimaryKey) -> PrimaryKey | Index:
    match change:
        case c.DropIndex() | c.DropUnique():
            return c.index_of(change)
        case c.DropPrimaryKey():
            return change.primary_key
        case _:
            assert_never(change)


def declined(changes: Iterable[c.SimpleChange]) -> Refuse:
    """What a person said no to."""
    answers = tuple(changes)
    return lambda change, old, target: Refusal(change, "you said no") if change in answers else None
