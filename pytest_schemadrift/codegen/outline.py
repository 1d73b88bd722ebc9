"""What to write, before it is decided how: names for everything, and which foreign keys become relations.

Both styles of models start from the same outline: a framework's fields, its keys and its lookups by related object need
the same things, whatever the words are.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from keyword import iskeyword

from pytest_schemadrift.codegen.emit import Node
from pytest_schemadrift.codegen.names import class_name, field_name, free_name
from pytest_schemadrift.codegen.shapes import key_columns, single_key, target_columns, unique_columns
from pytest_schemadrift.schema.model import Column, ForeignKey, Name, Table


@dataclass(frozen=True, slots=True)
class Rules:
    """What a style asks of names and relations.

    ``obstacle(table, key, column, other table, other column)`` says why a foreign key cannot be a relation, empty where
    it can: the framework gives such a column the type of the one that it refers to.
    """

    taken_classes: frozenset[str]
    taken_fields: frozenset[str]
    obstacle: Callable[[Table, ForeignKey, Column, Table, Column], str]
    is_link: Callable[[Table], bool]
    """Whether the framework would make just this table for a many-to-many field, so that it needs no model."""
    in_order: bool = True
    """Whether a key can refer to one that is a relation itself only where that model was written before."""


@dataclass(frozen=True, slots=True)
class Relation:
    """A foreign key of one column as a field that leads to another model."""

    key: ForeignKey
    target: Name
    target_column: str
    one_to_one: bool
    name: str
    related_name: str


@dataclass(frozen=True, slots=True)
class Link:
    """A many-to-many field: ``through`` is the table between, with one key to the owner and one to the other side."""

    through: Name
    backward: ForeignKey
    forward: ForeignKey
    name: str
    related_name: str

    @property
    def target(self) -> Name:
        """The table on the other side."""
        return self.forward.ref_table


@dataclass(slots=True)
class ModelOutline:
    """One table as a model."""

    table: Table
    class_name: str
    managed: bool = True
    fields: dict[str, str] = field(default_factory=dict)
    """Column -> field; of a relation, the name of the field that holds the key's value."""
    relations: dict[str, Relation] = field(default_factory=dict)
    """Column -> relation."""
    links: list[Link] = field(default_factory=list)
    backward: list[tuple[str, str, Name]] = field(default_factory=list)
    """(name, ``many`` or ``one`` or ``links``, the other table) of what other models add to this one."""
    left_out: list[tuple[ForeignKey, str]] = field(default_factory=list)
    """The foreign keys that are no relation, each with the reason."""

    @property
    def name(self) -> Name:
        """The table's name."""
        return self.table.name

    def attribute(self, column: str) -> str:
        """The field of a column by its own name: of a relation, that of the relation."""
        relation = self.relations.get(column)
        return relation.name if relation else self.fields[column]

    def reasons(self) -> list[str]:
        """Why foreign keys are constraints and no relations."""
        return [
            " ".join(f"{', '.join(key.columns)} -> {key.ref_table} is no relation: {reason}".split())
            for key, reason in self.left_out
        ]

    def names_in_use(self) -> set[str]:
        """Every attribute that the model has so far."""
        used = set(self.fields.values()) | {relation.name for relation in self.relations.values()}
        return used | {link.name for link in self.links} | {name for name, _, _ in self.backward}


@dataclass(slots=True)
class Outline:
    """Every model, in the order in which they are written."""

    models: list[ModelOutline]

    def targets(self) -> set[tuple[Name, str]]:
        """The columns that relations refer to, each with its table."""
        return {
            (relation.target, relation.target_column) for model in self.models for relation in model.relations.values()
        }

    def by_table(self) -> dict[Name, ModelOutline]:
        """The models by their tables."""
        return {model.name: model for model in self.models}


@dataclass(slots=True)
class Meta:
    """What goes into ``class Meta``, collected while the fields are written."""

    unique_together: list[Node] = field(default_factory=list)
    indexes: list[Node] = field(default_factory=list)
    constraints: list[Node] = field(default_factory=list)


def make_outline(tables: Sequence[Table], rules: Rules, unmanaged: Collection[Name] = ()) -> Outline:
    """Name everything and sort it: a table after those that it refers to, otherwise by name."""
    known = {table.name: table for table in tables}
    referred = {key.ref_table for table in tables for key in table.foreign_keys}
    links = [table for table in tables if _is_link(table, known)]
    linked = {table.name for table in links if table.name not in referred and rules.is_link(table)}
    models: dict[Name, ModelOutline] = {}
    used = set(rules.taken_classes)
    lowered: set[str] = set()
    for table in in_order([table for table in tables if table.name not in linked]):
        name = _class_name(table.name, lowered)
        while name in used or name.lower() in lowered or iskeyword(name):
            name = free_name(name, {*used, name}, "Table")
        used.add(name)
        lowered.add(name.lower())
        models[table.name] = ModelOutline(table, name, managed=table.name not in unmanaged)
    namer = _Namer(models, known, rules)
    for model in models.values():
        namer.name_fields(model)
    for model in models.values():
        namer.name_backward(model)
    for table in sorted(links, key=lambda table: table.name):
        namer.add_link(table)
    return Outline(list(models.values()))


def _class_name(name: Name, used: Collection[str]) -> str:
    """Classes differ in more than the case of their letters: Django takes them for one."""
    plain = class_name(name.name)
    return plain if plain.lower() not in used or not name.schema else class_name(f"{name.schema}_{name.name}")


def _is_link(table: Table, tables: dict[Name, Table]) -> bool:
    """A table of nothing but two foreign keys, to the primary keys of two models, that belong together once."""
    if len(table.columns) != 2 or len(table.foreign_keys) != 2 or table.kind != "table":
        return False
    names = [column.name for column in table.columns]
    if sorted(key.columns for key in table.foreign_keys) != sorted((name,) for name in names):
        return False
    if any(column.nullable or column.default or column.generated or column.identity for column in table.columns):
        return False
    for key in table.foreign_keys:
        target = tables.get(key.ref_table)
        if target is None or target is table or target.name.schema != table.name.schema or target.kind != "table":
            return False
        if target_columns(key, tables) != (single_key(target),):
            return False
    keys = [set(key_columns(table)), *(set(index.columns) for index in table.indexes if index.unique)]
    return set(names) in keys


class _Namer:
    """Gives names, one model after the other; lives for one outline."""

    def __init__(self, models: dict[Name, ModelOutline], tables: dict[Name, Table], rules: Rules) -> None:
        self.models, self.tables, self.rules = models, tables, rules

    def name_fields(self, model: ModelOutline) -> None:
        keys = self._relation_keys(model)
        used = set(self.rules.taken_fields)
        for column in model.table.columns:
            if column.name not in keys:
                name = free_name(field_name(column.name), used, "_field")
                used.add(name)
                model.fields[column.name] = name
        for column in model.table.columns:
            if column.name in keys:
                self._add_relation(model, keys[column.name], used)
        model.fields = {column.name: model.fields[column.name] for column in model.table.columns}

    def _relation_keys(self, model: ModelOutline) -> dict[str, ForeignKey]:
        found: dict[str, ForeignKey] = {}
        for key in model.table.foreign_keys:
            reason = self._why_no_relation(model.table, key, found)
            if reason:
                model.left_out.append((key, reason))
            else:
                found[key.columns[0]] = key
        return found

    def _why_no_relation(self, table: Table, key: ForeignKey, found: Collection[str]) -> str:
        far = target_columns(key, self.tables)
        if len(key.columns) > 1:
            return "it has several columns"
        target = self.models[key.ref_table].table if key.ref_table in self.models else None
        if target is None:
            return f"{key.ref_table} is not among the models"
        column, other = table.column(key.columns[0]), target.column(far[0] if far else "")
        if column is None or other is None or other.name not in {single_key(target), *unique_columns(target)}:
            return "it refers to columns that no field alone stands for"
        if column.name in found:
            return "its column already leads to another model"
        later = not self.models[target.name].fields
        if self.rules.in_order and later and any(other.name in item.columns for item in target.foreign_keys):
            return f"{target.name}.{other.name} is a foreign key itself"
        return self.rules.obstacle(table, key, column, target, other)

    def _add_relation(self, model: ModelOutline, key: ForeignKey, used: set[str]) -> None:
        (column,), target = key.columns, self.models[key.ref_table]
        base = field_name(column)
        base = base.removesuffix("_id") if base != "id" else field_name(key.ref_table.name)
        if f"{base}_id" in used:
            base = f"{base}_ref"
        name = free_name(base, used, "_field")
        while f"{name}_id" in used:
            name = free_name(f"{name}_2", used, "_field")
        used.update((name, f"{name}_id"))
        one_to_one = single_key(model.table) == column or column in unique_columns(model.table)
        model.fields[column] = f"{name}_id"
        far = target_columns(key, self.tables)[0]
        model.relations[column] = Relation(key, target.name, far, one_to_one, name, "")

    def name_backward(self, model: ModelOutline) -> None:
        """Name what each relation adds to the model that it leads to: after the table, and the field where needed."""
        counts: dict[Name, int] = {}
        for relation in model.relations.values():
            counts[relation.target] = counts.get(relation.target, 0) + 1
        for column, relation in model.relations.items():
            target = self.models[relation.target]
            wanted = field_name(model.name.name)
            if counts[relation.target] > 1 or target is model:
                wanted = f"{wanted}_{relation.name}"
            used = target.names_in_use() | self.rules.taken_fields
            name = free_name(wanted, used, f"_{relation.name}")
            target.backward.append((name, "one" if relation.one_to_one else "many", model.name))
            model.relations[column] = Relation(
                relation.key, relation.target, relation.target_column, relation.one_to_one, relation.name, name
            )

    def add_link(self, table: Table) -> None:
        """A many-to-many field in the model that the first column of the table refers to."""
        first, second = (
            next(key for key in table.foreign_keys if key.columns == (column.name,)) for column in table.columns
        )
        owner, target = self.models.get(first.ref_table), self.models.get(second.ref_table)
        if owner is None or target is None:
            return
        used = owner.names_in_use() | self.rules.taken_fields
        name = free_name(self._link_name(second, used, table, itself=owner is target), used, "_links")
        used = target.names_in_use() | self.rules.taken_fields | ({name} if owner is target else set())
        related = free_name(self._link_name(first, used, table, itself=owner is target), used, "_links")
        owner.links.append(Link(table.name, first, second, name, related))
        target.backward.append((related, "links", owner.name))

    @staticmethod
    def _link_name(key: ForeignKey, used: Collection[str], table: Table, *, itself: bool) -> str:
        """After the table that the key leads to, or after its column where both lead to one table."""
        if itself:
            return field_name(key.columns[0]).removesuffix("_id")
        wanted = field_name(key.ref_table.name)
        return wanted if wanted not in used else f"{wanted}_{field_name(table.name.name)}"


def in_order(tables: Iterable[Table]) -> list[Table]:
    """A table after all that it refers to; in a circle the first by name goes first. Linear in the tables."""
    by_name = {table.name: table for table in sorted(tables, key=lambda table: table.name)}
    waiting = {
        name: {key.ref_table for key in table.foreign_keys if key.ref_table in by_name} - {name}
        for name, table in by_name.items()
    }
    referrers: dict[Name, list[Name]] = {name: [] for name in by_name}
    for name, needed in waiting.items():
        for other in needed:
            referrers[other].append(name)
    ready = [name for name, needed in waiting.items() if not needed]
    heapify(ready)
    rest, done, order = iter(by_name), set[Name](), list[Table]()
    while len(order) < len(by_name):
        name = heappop(ready) if ready else next(name for name in rest if name not in done)
        if name in done:
            continue
        done.add(name)
        order.append(by_name[name])
        for referrer in referrers[name]:
            waiting[referrer].discard(name)
            if not waiting[referrer]:
                heappush(ready, referrer)
    return order
