"""What a project does not count as drift, settled before the diff: the wanted schema adopts it from the live one.

``diff`` stays exact: names of constraints, column order, unmanaged tables and the like are equal by the time it
looks, and what was adopted is listed with its reason, so that an ignored difference is shown and never hidden.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Set
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import product
from typing import TypeVar

from pytest_schemadrift.planning.free_names import with_free_names
from pytest_schemadrift.planning.inherited import inherited_columns
from pytest_schemadrift.planning.letters import Letters, folded
from pytest_schemadrift.planning.policy import COLUMN_STORAGE, Ignored, Policy, Severity
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.build import in_order, make_schema
from pytest_schemadrift.schema.model import (
    Check,
    Column,
    Domain,
    Exclusion,
    ForeignKey,
    Index,
    IndexPart,
    Name,
    Options,
    Schema,
    Sequence,
    Table,
    names_of_tables,
    parts_of,
    with_enforcement,
)

STORAGE_OPTIONS = frozenset(
    """with tablespace row_format key_block_size auto_increment compression encryption page_compressed
    page_compression_level stats_persistent stats_auto_recalc stats_sample_pages avg_row_length max_rows min_rows
    pack_keys checksum delay_key_write transactional page_checksum""".split()  # noqa: SIM905
)
"""Table options about how rows are stored, which no model can say: out of scope unless both sides say them."""
STORAGE_PARAMETERS = frozenset(
    """fillfactor deduplicate_items buffering fastupdate gin_pending_list_limit pages_per_range
    autosummarize""".split()  # noqa: SIM905
)
"""What ``WITH`` of an index says about how it is kept; of what it finds (``lists`` of pgvector) it may say more."""
ROW_SECURITY = frozenset(("row_security", "force_row_security"))
"""Who may see which rows: no model can say it, and a plan that switched it off would show them to everybody."""

T = TypeVar("T", bound=Hashable)
P = TypeVar("P", Index, ForeignKey, Check, Exclusion)


@dataclass(slots=True)
class _Notes:
    """What was adopted so far."""

    ignored: list[Ignored] = field(default_factory=list)

    def add(self, severity: Severity, change: c.SimpleChange, reason: str) -> None:
        if severity == "warn":
            self.ignored.append(Ignored(change, reason))


def normalize(old: Schema, new: Schema, policy: Policy) -> tuple[Schema, tuple[Ignored, ...]]:
    """Return ``new`` with everything adopted from ``old`` that ``policy`` does not count, and what that was."""
    notes = _Notes()
    new = respelled(old, new, Letters(policy.case_insensitive_tables, policy.case_insensitive_columns))
    olds = {table.name: table for table in old.tables}
    news = {table.name: table for table in new.tables if table.name not in policy.excluded}
    if not policy.whole:
        news = {name: _without_inherited(old, table, news, policy) for name, table in news.items()}
    tables = [
        table if olds.get(table.name) in (None, table) else _adopt_table(olds[table.name], table, policy, notes)
        for table in news.values()
    ]
    tables += _unmanaged_tables(old, news, policy, notes)
    unmanaged_stay = policy.unmanaged != "fail" and not policy.whole
    adopted = replace(new, views=old.views, tables=())
    if not policy.whole:
        adopted = replace(
            adopted,
            namespaces=(*old.namespaces, *new.namespaces),
            extensions=(*old.extensions, *new.extensions),
        )
    if unmanaged_stay:
        adopted = replace(
            adopted,
            enums=_with_missing(old.enums, new.enums),
            sequences=_with_missing(_free_sequences(old, tables), new.sequences),
            domains=_with_missing(old.domains, new.domains),
        )
    elif policy.whole:
        adopted = replace(adopted, extensions=new.extensions or old.extensions)
    else:
        adopted = _with_types_in_use(old, adopted, tables)
    result = make_schema(
        new.dialect,
        tables=tables,
        namespaces=adopted.namespaces,
        extensions=adopted.extensions,
        enums=_with_comments(old.enums, adopted.enums, policy),
        sequences=adopted.sequences,
        domains=_with_valid_checks(old.domains, _with_comments(old.domains, adopted.domains, policy)),
        views=adopted.views,
        unsupported=new.unsupported,
    )
    if policy.names == "shape":
        result = with_free_names(old, result, policy.shared_names)
    return result, tuple(notes.ignored)


def _free_sequences(old: Schema, tables: Iterable[Table]) -> list[Sequence]:
    """The sequences that are objects of their own afterwards: not those of columns that number themselves then."""
    numbered = {
        (table.name, column.name)
        for table in tables
        for column in table.columns
        if column.autoincrement or column.identity
    }
    return [sequence for sequence in old.sequences if sequence.owned_by not in numbered]


def _with_types_in_use(old: Schema, new: Schema, tables: Iterable[Table]) -> Schema:
    """A model can name a type that it does not describe: what a column is made of is managed with its table."""
    types = "\n".join(sorted({column.type for table in tables for column in table.columns}))
    return replace(
        new,
        enums=_with_missing((item for item in old.enums if item.name.name in types), new.enums),
        domains=_with_missing((item for item in old.domains if item.name.name in types), new.domains),
    )


def spellings(old: Schema, new: Schema, policy: Policy) -> dict[Name, Name]:
    """The tables of ``new`` that ``old`` spells in another case: new name -> old name."""
    return _spellings(old, new) if policy.case_insensitive_tables else {}


def _spellings(old: Schema, new: Schema) -> dict[Name, Name]:
    found = _other_case(names_of_tables(old), (table.name for table in new.tables))
    return {name: twin for name, twin in found.items() if name.schema == twin.schema}


def _other_case(old: Iterable[T], new: Iterable[T]) -> dict[T, T]:
    """What is written in another case, new -> old; only ASCII letters count, as no server disagrees about them."""
    olds, news = set(old), set(new)
    free = {folded(name): name for name in sorted(olds - news, key=repr)}
    return {name: free[folded(name)] for name in sorted(news - olds, key=repr) if folded(name) in free}


def respelled(old: Schema, new: Schema, letters: Letters) -> Schema:
    """``new`` with the database's spelling of names, where the server takes both spellings as one."""
    tables = _spellings(old, new) if letters.tables else {}
    columns: dict[Name, dict[str, str]] = {}
    if letters.columns:
        olds = {table.name: table for table in old.tables}
        for table in new.tables:
            twin = olds.get(tables.get(table.name, table.name))
            if twin is not None:
                columns[table.name] = _other_case(
                    (column.name for column in twin.columns), (column.name for column in table.columns)
                )
    if not tables and not any(columns.values()):
        return new
    return replace(new, tables=tuple(_respelled_table(table, tables, columns) for table in new.tables))


def _respelled_table(table: Table, tables: dict[Name, Name], columns: dict[Name, dict[str, str]]) -> Table:
    own = columns.get(table.name, {})

    def parts(items: tuple[IndexPart, ...]) -> tuple[IndexPart, ...]:
        return tuple(replace(part, column=own.get(part.column or "", part.column)) for part in items)

    def key(item: ForeignKey) -> ForeignKey:
        far = columns.get(item.ref_table, {})
        return replace(
            item,
            columns=tuple(own.get(name, name) for name in item.columns),
            ref_table=tables.get(item.ref_table, item.ref_table),
            ref_columns=tuple(far.get(name, name) for name in item.ref_columns),
        )

    primary_key = table.primary_key
    return replace(
        table,
        name=tables.get(table.name, table.name),
        columns=tuple(replace(column, name=own.get(column.name, column.name)) for column in table.columns),
        primary_key=replace(primary_key, parts=parts(primary_key.parts)) if primary_key else None,
        indexes=in_order(replace(index, parts=parts(index.parts)) for index in table.indexes),
        foreign_keys=in_order(key(item) for item in table.foreign_keys),
    )


def _unmanaged_tables(old: Schema, news: dict[Name, Table], policy: Policy, notes: _Notes) -> list[Table]:
    kept = []
    parts = frozenset[Name]() if policy.whole else parts_of(old, news.keys() | policy.excluded)
    for table in old.tables:
        if table.name in news:
            continue
        if table.name in policy.excluded or table.name in parts:
            kept.append(table)
        elif policy.unmanaged != "fail" and not policy.whole and table.name not in policy.yet_to_come:
            kept.append(table)
            notes.add(policy.unmanaged, c.DropTable(table), "unmanaged")
    return kept


N = TypeVar("N")


def _with_missing(old: Iterable[N], new: Iterable[N]) -> tuple[N, ...]:
    present = {item.name for item in new}  # type: ignore[attr-defined]
    return (*new, *(item for item in old if item.name not in present))  # type: ignore[attr-defined]


def _with_comments(old: Iterable[N], new: Iterable[N], policy: Policy) -> tuple[N, ...]:
    """Comments on types cannot be said by models: those of the database stay."""
    if policy.whole and policy.comments:
        return tuple(new)
    comments = {item.name: item.comment for item in old}  # type: ignore[attr-defined]
    return tuple(
        replace(item, comment=comments.get(item.name, item.comment))  # type: ignore[type-var,attr-defined]
        for item in new
    )


def _with_valid_checks(old: Iterable[Domain], new: Iterable[Domain]) -> list[Domain]:
    """A check that every value is known to hold is more than one that is wanted for new values only."""
    held = {domain.name: domain.checks for domain in old}

    def best(domain: Domain, check: Check) -> Check:
        valid = replace(check, validated=True)
        return valid if valid in held.get(domain.name, ()) else check

    return [replace(domain, checks=tuple(best(domain, check) for check in domain.checks)) for domain in new]


def _adopt_table(old: Table, new: Table, policy: Policy, notes: _Notes) -> Table:
    if not policy.whole and (collated := policy.as_collated(old, new)) is not new:
        notes.add(
            "warn",
            c.AlterTableOptions(replace(new, options=old.options), new),
            "the default of another server or version",
        )
        new = collated
    columns = _adopt_columns(old, new, policy, notes)
    primary_key = new.primary_key
    if primary_key and old.primary_key and (policy.names == "shape" or primary_key.name is None):
        primary_key = replace(primary_key, name=old.primary_key.name)
    if primary_key and old.primary_key:
        primary_key = replace(primary_key, options=_with_parameters(old.primary_key.options, primary_key.options))
    renamed: dict[str, str] = {}
    if primary_key and new.primary_key and new.primary_key.name and primary_key.name:
        renamed[new.primary_key.name] = primary_key.name
    table = replace(
        new,
        columns=columns,
        primary_key=primary_key,
        indexes=_adopt_indexes(old.indexes, new.indexes, policy, renamed=renamed),
        foreign_keys=_adopt_names(
            old.foreign_keys, new.foreign_keys, _CONSTRAINT_SHAPES, policy, _adopt_name, renamed=renamed
        ),
        checks=_adopt_names(old.checks, new.checks, _CONSTRAINT_SHAPES, policy, _adopt_name, renamed=renamed),
        exclusions=_adopt_exclusions(old.exclusions, new.exclusions, policy, renamed=renamed),
        comment=new.comment if policy.comments else old.comment,
        triggers=old.triggers,
        options=_adopt_options(old.options, new.options, policy),
    )
    # Models cannot say them: those of the database stay.
    if not policy.whole or not policy.comments:
        comments, of_indexes = old.constraint_comments, old.index_comments
    else:
        comments = tuple(sorted((renamed.get(name, name), text) for name, text in new.constraint_comments))
        of_indexes = tuple(sorted((renamed.get(name, name), text) for name, text in new.index_comments))
    table = replace(table, constraint_comments=comments, index_comments=of_indexes)
    if not policy.whole and new.kind == "table" and new.partition_by is None:
        # Tortoise has no word for partitioning and inheritance: what the database does there is its own business.
        table = replace(
            table, kind=old.kind, partition_by=old.partition_by, partition_of=old.partition_of, inherits=old.inherits
        )
    return table


def _adopt_options(old: Options, new: Options, policy: Policy) -> Options:
    adopted = STORAGE_OPTIONS if policy.whole else STORAGE_OPTIONS | ROW_SECURITY
    row_format = dict(new).get("row_format")
    if row_format is not None and row_format != dict(old).get("row_format"):
        adopted -= {"key_block_size"}  # it belongs to the other format, and most take none
    return _with_options(adopted, old, new)


def _with_options(names: Set[str], old: Options, new: Options) -> Options:
    """``new`` with those of ``old`` that bear one of ``names`` and that it does not say itself."""
    adopted = names - {name for name, _ in new}
    return tuple(sorted((*new, *((name, value) for name, value in old if name in adopted))))


def _parameters(options: Options) -> dict[str, str]:
    said = dict(options).get("with") or ""
    return dict(item.split("=", 1) for item in said.split(", ") if "=" in item)


def _with_parameters(old: Options, new: Options) -> Options:
    """``new`` with the storage parameters of an index that ``old`` has and it does not say itself."""
    said = _parameters(new)
    kept = {name: value for name, value in _parameters(old).items() if name in STORAGE_PARAMETERS and name not in said}
    return _saying(new, said | kept) if kept else new


def _saying(options: Options, parameters: dict[str, str]) -> Options:
    text = ", ".join(sorted(f"{name}={value}" for name, value in parameters.items()))
    others = [item for item in options if item[0] != "with"]
    return tuple(sorted([*others, ("with", text)] if text else others))


def _without_parameters(options: Options) -> Options:
    said = _parameters(options)
    if not said.keys() & STORAGE_PARAMETERS:
        return options
    return _saying(options, {name: value for name, value in said.items() if name not in STORAGE_PARAMETERS})


def _adopt_indexes(
    old: tuple[Index, ...], new: tuple[Index, ...], policy: Policy, *, renamed: dict[str, str]
) -> tuple[Index, ...]:
    """As ``_adopt_names``; what is kept of an index that has another name now, or is another one under its old name."""
    found = _adopt_names(old, new, (_index_shape,), policy, partial(_adopt_index, policy), renamed=renamed)
    before = {index.name: index for index in old}
    there = {(index.name, _index_shape(index)) for index in found}
    left = {_index_shape(index): index for index in old if (index.name, _index_shape(index)) not in there}
    return in_order(_like(_before(index, before, left), index, policy) for index in found)


def _before(index: Index, names: Mapping[str | None, Index], left: Mapping[object, Index]) -> Index | None:
    own = names.get(index.name)
    same = own is not None and _index_shape(own) == _index_shape(index)
    return own if same else left.get(_index_shape(index), own)


def _index_comment(old: Index, new: Index, policy: Policy) -> str | None:
    """Models cannot say it: that of the database stays, unless what is wanted is a whole schema."""
    if policy.comments and (policy.whole or new.comment):
        return new.comment
    return old.comment


def _like(before: Index | None, index: Index, policy: Policy) -> Index:
    if before is None:
        return index
    kept = _with_parameters(before.options, index.options) if before.method == index.method else index.options
    return replace(index, comment=_index_comment(before, index, policy), options=kept)


def _adopt_exclusions(
    old: tuple[Exclusion, ...], new: tuple[Exclusion, ...], policy: Policy, *, renamed: dict[str, str]
) -> tuple[Exclusion, ...]:
    """As ``_adopt_indexes``: an exclusion is kept by an index of its own."""
    found = _adopt_names(old, new, (_exclusion_shape,), policy, _adopt_name, renamed=renamed)
    before = {item.name: item for item in old}
    return in_order(_kept_like(before.get(item.name), item) for item in found)


def _kept_like(before: Exclusion | None, item: Exclusion) -> Exclusion:
    if before is None or _method(before) != _method(item):
        return item
    return replace(item, options=_with_parameters(before.options, item.options))


def _method(item: Exclusion) -> list[str]:
    return item.definition.sql.partition("(")[0].lower().split()


def _without_inherited(schema: Schema, new: Table, news: Mapping[Name, Table], policy: Policy) -> Table:
    """``new`` without the columns that it has from tables above it in ``schema``, and as they are there.

    ``news`` are the tables that are wanted: one of them changes the tables below it.
    """
    old = schema.table(new.name)
    if old is None or not (old.inherits or old.partition_of) or new.inherits or new.partition_of:
        return new
    above, own = inherited_columns(schema, old, news), {column.name for column in old.columns}

    def is_from_above(column: Column) -> bool:
        if column.name in own or column.name not in above:
            return False
        found = replace(above[column.name][1], comment=column.comment)
        return _adopt_column(new.name, found, column, policy, _Notes()) == found

    return replace(new, columns=tuple(column for column in new.columns if not is_from_above(column)))


def _adopt_columns(old: Table, new: Table, policy: Policy, notes: _Notes) -> tuple[Column, ...]:
    olds = {column.name: column for column in old.columns}
    columns = [
        _adopt_column(old.name, olds[column.name], column, policy, notes) if column.name in olds else column
        for column in new.columns
    ]
    if policy.column_order:
        return tuple(columns)
    place = {column.name: position for position, column in enumerate(old.columns)}
    return tuple(sorted(columns, key=lambda column: place.get(column.name, len(place))))


def _adopt_column(table: Name, old: Column, new: Column, policy: Policy, notes: _Notes) -> Column:
    if not policy.comments:
        new = replace(new, comment=old.comment)
    if old.unvalidated is not None and new.unvalidated is not None:
        new = replace(new, unvalidated=old.unvalidated)
    if not policy.column_storage and old.options and (old.type == new.type or policy.has_storage(new.type)):
        new = replace(new, options=_with_options(COLUMN_STORAGE, old.options, new.options))
    if policy.whole or policy.extra_defaults == "fail" or not policy.keeps_default(old.type, new.type):
        return new
    if old.default and not (new.default or new.generated or new.identity or new.autoincrement):
        notes.add(policy.extra_defaults, c.AlterColumnDefault(table, old, new), "extra default")
        new = replace(new, default=old.default)
    if policy.python_defaults and new.default and not (old.default or old.generated or old.identity):
        notes.add(policy.extra_defaults, c.AlterColumnDefault(table, old, new), "default of Python")
        new = replace(new, default=None)
    if old.on_update and not new.on_update and not new.generated:
        notes.add(policy.extra_defaults, c.AlterColumnOptions(table, old, new), "extra ON UPDATE")
        new = replace(new, on_update=old.on_update)
    return new


def _index_shape(index: Index) -> object:
    kept = _without_parameters(index.options)
    return replace(index, name=None, constraint=False, valid=True, comment=None, options=kept)


def _exclusion_shape(item: Exclusion) -> object:
    return replace(item, name=None, options=_without_parameters(item.options))


def _constraint_shape(item: ForeignKey | Check) -> object:
    return replace(item, name=None, validated=True)


def _shape_enforced(item: ForeignKey | Check) -> object:
    """What only the enforcement of it differs from is the same constraint in another state."""
    return _constraint_shape(with_enforcement(item, enforced=True))


_CONSTRAINT_SHAPES = (_constraint_shape, _shape_enforced)


def _adopt_index(policy: Policy, old: Index, new: Index) -> Index:
    kept = _with_parameters(old.options, new.options)
    comment = _index_comment(old, new, policy)
    return replace(new, name=old.name, constraint=old.constraint, comment=comment, options=kept)


def _adopt_name(old: P, new: P) -> P:
    return replace(new, name=old.name)


def _adopt_names(
    old: tuple[P, ...],
    new: tuple[P, ...],
    shapes: tuple[Callable[[P], object], ...],
    policy: Policy,
    adopt: Callable[[P, P], P],
    *,
    renamed: dict[str, str],
) -> tuple[P, ...]:
    """Give each new item the name of an old one of the same shape, one to one; the same name goes first.

    ``renamed`` is told what had another name. Of several ``shapes`` the first are the more exact ones: what they leave
    without a twin is held to the next.
    """
    if old == new:
        return new
    free = list(old)
    pairs: dict[int, P] = {}
    for shape, same_name in product(shapes, (True, False)):
        for position, item in enumerate(new):
            if position in pairs or (not same_name and policy.names == "strict" and item.name is not None):
                continue
            wanted = shape(item)
            twin = next(
                (other for other in free if (other.name == item.name or not same_name) and shape(other) == wanted), None
            )
            if twin is not None:
                free.remove(twin)
                pairs[position] = twin
    renamed |= {
        new[place].name or "": twin.name for place, twin in pairs.items() if twin.name and twin.name != new[place].name
    }
    result = [adopt(pairs[position], item) if position in pairs else item for position, item in enumerate(new)]
    return in_order(result)
