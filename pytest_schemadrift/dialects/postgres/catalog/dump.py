"""The live schema, made of the answers to a fixed number of bulk queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from pytest_schemadrift.core.gc_pause import paused_collector
from pytest_schemadrift.dialects.base import Connection
from pytest_schemadrift.dialects.postgres.catalog.ask import ask
from pytest_schemadrift.dialects.postgres.catalog.naming import Naming
from pytest_schemadrift.dialects.postgres.catalog.others import dependents, enums_and_domains, marks, unsupported
from pytest_schemadrift.dialects.postgres.catalog.rows import (
    NAMES,
    ColumnRow,
    ConstraintRow,
    DependentRow,
    IndexRow,
    InheritanceRow,
    MarkRow,
    NamespaceRow,
    OpclassRow,
    OtherRow,
    RelationRow,
    SequenceRow,
    TriggerRow,
    TypeRow,
    ViewReadRow,
    named,
)
from pytest_schemadrift.dialects.postgres.catalog.values import (
    ACTIONS,
    MATCHES,
    OF_PLACE,
    column_of,
    foreign_key_options,
    index_from,
    key_options,
    opclass_of,
    part_of,
    serial_of,
    table_options,
)
from pytest_schemadrift.dialects.postgres.names import (
    columns_text,
    made_up,
    printed_literal,
    qualified,
    quote,
    quote_needed,
)
from pytest_schemadrift.dialects.postgres.read.defaults import default_of
from pytest_schemadrift.dialects.postgres.read.expressions import expression_of, plain_key
from pytest_schemadrift.dialects.postgres.read.indexes import (
    collation_text,
    exclusion_expression,
    index_options,
    keyed,
    lower_method,
    read_exclusion,
)
from pytest_schemadrift.dialects.postgres.read.sequences import CatalogSequence, identity_of, is_serial, sequence_of
from pytest_schemadrift.dialects.postgres.read.tree import Columns
from pytest_schemadrift.schema.build import make_schema, make_table
from pytest_schemadrift.schema.capabilities import ServerInfo
from pytest_schemadrift.schema.model import (
    Check,
    Column,
    Exclusion,
    Expression,
    ForeignKey,
    Generated,
    Index,
    Name,
    PrimaryKey,
    Schema,
    Table,
    Trigger,
    UnsupportedObject,
    View,
    options,
)
from pytest_schemadrift.schema.model import Sequence as SequenceModel

Row = TypeVar("Row", bound=tuple[Any, ...])


async def dump(connection: Connection, info: ServerInfo, tables: Sequence[Name] | None = None) -> Schema:
    """Return the live schema, of all tables or of those named; nothing is changed. Raises ``StatementFailed``."""
    info, answers = await ask(connection, info, tables)
    return made(info, answers, limited=tables is not None)


def made(info: ServerInfo, answers: Mapping[str, list[Any]], *, limited: bool) -> Schema:
    """The schema that the answers of ``ask`` say."""
    with paused_collector():
        rows = {name: named(name, answer) for name, answer in answers.items()}
        return _Dump(info, rows, limited=limited).schema()


class _TableParts:
    """What belongs to one table, as it is found."""

    def __init__(self) -> None:
        self.columns: list[Column] = []
        self.types: dict[str, str] = {}
        self.primary_key: PrimaryKey | None = None
        self.indexes: list[Index] = []
        self.foreign_keys: list[ForeignKey] = []
        self.checks: list[Check] = []
        self.exclusions: list[Exclusion] = []
        self.triggers: list[Trigger] = []
        self.constraint_comments: list[tuple[str, str]] = []
        self.index_comments: list[tuple[str, str]] = []
        self.of_inherited: list[str] = []
        self.parents: list[Name] = []

    def has_index(self, name: str) -> bool:
        """Whether an index of that name was understood."""
        return any(index.name == name for index in self.indexes)


class _Dump:
    """The rows of all queries, being put together."""

    def __init__(self, info: ServerInfo, rows: Mapping[str, list[Any]], *, limited: bool) -> None:
        self.info = info
        self.rows = rows
        self.limited = limited
        self.default_schema = info.default_schema
        self.naming = Naming.of(info, self.of(TypeRow))
        self.parts: dict[int, _TableParts] = defaultdict(_TableParts)
        self.attributes = {row[:OF_PLACE]: row for row in self.of(ColumnRow)}
        """What keys and indexes ask of a column, by its table and number."""
        self.names = {
            row.oid: self.naming.name(row.schema, row.name) for row in self.of(RelationRow) if row.kind != "c"
        }
        self.unsupported: list[UnsupportedObject] = []
        self.owned: dict[tuple[int, int], list[CatalogSequence]] = defaultdict(list)
        self.sequences: list[SequenceModel] = []

    def of(self, kind: type[Row]) -> list[Row]:
        """The rows of one query."""
        return self.rows[NAMES[kind]]

    def schema(self) -> Schema:
        """All of it."""
        self.read_sequences()
        self.read_columns()
        for parent in self.of(InheritanceRow):
            self.parts[parent.child].parents.append(self.naming.name(parent.schema, parent.name))
        self.read_indexes(self.read_constraints())
        for trigger in self.of(TriggerRow):
            self.parts[trigger.relation].triggers.append(Trigger(trigger.name, trigger.sql))
        enums, domains = enums_and_domains(self.of(TypeRow), self.naming)
        tables, views = self.read_relations()
        within = self.names.values() if self.limited else None
        self.unsupported += unsupported(self.of(OtherRow), self.naming, within)
        found = defaultdict(list)
        for row in self.of(NamespaceRow):
            found[row.kind].append(row.name)
        return make_schema(
            "postgres",
            tables=tables,
            namespaces=[
                name for name in found["namespace"] if name != self.default_schema and self.naming.is_looked_at(name)
            ],
            extensions=found["extension"],
            enums=enums,
            sequences=self.sequences,
            domains=domains,
            views=views,
            unsupported=self.unsupported,
            marks=marks(self.of(MarkRow), self.naming),
            dependents=dependents(self.of(DependentRow), self.naming),
        )

    # -- sequences and columns ----------------------------------------------------------------------------------------

    def read_sequences(self) -> None:
        for row in self.of(SequenceRow):
            sequence = CatalogSequence(
                self.naming.name(row.schema, row.name),
                row.shown,
                row.type,
                row.start,
                row.increment,
                row.minimum,
                row.maximum,
                row.cache,
                row.cycle,
                row.owner,
            )
            if row.relation is None or row.number is None:
                self.sequences.append(sequence_of(sequence, None))
            else:
                self.owned[row.relation, row.number].append(sequence)

    def read_columns(self) -> None:
        rows, owned, parts, schema = self.of(ColumnRow), self.owned, self.parts, self.default_schema
        shown = {text: self.naming.type(text) for text in {row.type for row in rows}}
        for row in rows:  # first, for an expression may be about any column of its table
            parts[row.relation].types[row.name] = shown[row.type]
        stored = self.storage_of_columns()
        computed = {
            (self.naming.name(mark.schema, mark.owner), mark.name): mark.values[0]
            for mark in self.of(MarkRow)
            if mark.aspect == "own expression" and mark.values[1] == "partition"
        }
        for row in rows:
            if not row.local:
                # The column is its parent's, a sequence and a NOT NULL that the table has for it are its own.
                if row.not_null_name and row.not_null_local and row.unvalidated is None:
                    tail = " NO INHERIT" if row.not_inherited else ""
                    own = f"CONSTRAINT {quote(row.not_null_name)} NOT NULL {quote(row.name)}{tail}"
                    parts[row.relation].of_inherited.append(own)
                if row.relation in self.names:
                    of = self.names[row.relation], row.name
                    numbers = owned.get((row.relation, row.number), ())
                    self.sequences += [sequence_of(item, of) for item in numbers if item.owner == "a"]
                    if row.generated and of in computed:
                        kind = "STORED" if row.generated == "s" else "VIRTUAL"
                        own = f"{quote(row.name)} GENERATED ALWAYS AS ({computed[of]}) {kind}"
                        parts[row.relation].of_inherited.append(own)
                continue
            if row.generated or row[:OF_PLACE] in owned:
                column = self.made_column(row, parts[row.relation].types)
            else:
                column = column_of(row, shown[row.type], schema)
            if stored and (found := stored.get((self.names.get(row.relation), row.name))):
                column = replace(column, options=options(**found))
            parts[row.relation].columns.append(column)

    def storage_of_columns(self) -> dict[tuple[Name | None, str], dict[str, str]]:
        """What columns say of ``storage`` and ``compression``, where that is asked for."""
        found: dict[tuple[Name | None, str], dict[str, str]] = defaultdict(dict)
        for row in self.of(MarkRow) if self.info.column_storage else ():
            if row.on == "table" and row.aspect in ("storage", "compression"):
                found[self.naming.name(row.schema, row.owner), row.name][row.aspect] = row.values[0]
        return found

    def made_column(self, row: ColumnRow, types: Columns) -> Column:
        """A column whose values the server makes: generated, serial or identity, or one with a sequence of its own."""
        default, kind = row.default, types[row.name]
        own, serial, odd = None, False, None
        for sequence in self.owned.get((row.relation, row.number), ()):
            used = default == f"nextval({printed_literal(sequence.shown)}::regclass)"
            if sequence.owner == "i":
                own, odd = sequence, self.odd_name(row, sequence)
            elif used and is_serial(sequence, kind):
                serial, odd = True, self.odd_name(row, sequence)
            elif row.relation in self.names:
                self.sequences.append(sequence_of(sequence, (self.names[row.relation], row.name)))
        row = row._replace(default=None)
        if serial:
            column = serial_of(row, kind, self.default_schema)
            return replace(column, sequence_name=odd) if odd else column
        column = column_of(row, kind, self.default_schema)
        if row.generated and default is not None:
            expression = expression_of(default, types, self.default_schema)
            return replace(column, generated=Generated(expression, stored=row.generated == "s"))
        return replace(
            column,
            default=None if default is None else default_of(default, kind, self.default_schema),
            identity=identity_of(own, kind, always=row.identity == "a") if row.identity and own else None,
            sequence_name=odd if row.identity else None,
        )

    def odd_name(self, row: ColumnRow, sequence: CatalogSequence) -> str | None:
        """The name of a column's sequence, unless the server makes up the same."""
        table, name = self.names.get(row.relation), sequence.name.name
        return name if table is None or name != made_up(table.name, row.name, "seq") else None

    # -- indexes and constraints --------------------------------------------------------------------------------------

    def read_indexes(self, owners: Mapping[int, ConstraintRow]) -> None:
        """``owners`` are the constraints that indexes belong to, by index."""
        opclasses, collations = self.read_opclasses()
        attributes = self.attributes
        for row in self.of(IndexRow):
            owner = owners.get(row.oid)
            relation = row.relation
            if relation not in self.names:
                continue
            of_table = self.parts[relation]
            if owner is not None and owner.kind != "u" and row.comment:
                of_table.index_comments.append((owner.name, row.comment))
            if owner is not None and owner.kind == "x":
                continue
            if row.definition is not None:
                self.add_defined_index(row, row.definition)
                continue
            columns, count = [attributes[relation, number] for number in row.keys], row.key_count
            keys = zip(columns[:count], row.flags, row.classes, row.collations, strict=True)
            parts = tuple(
                [
                    part_of(
                        column.name,
                        flags,
                        opclasses[opclass](column.type_oid),
                        collations.get(collation) if collation != column.collation_oid else None,
                    )
                    for column, flags, opclass, collation in keys
                ]
            )
            include = tuple([column.name for column in columns[count:]])
            extra = index_options(with_=", ".join(sorted(row.settings))) if row.settings else ()
            if owner is not None and (said := key_options(owner)):
                extra = tuple(sorted({*extra, *said}))
            if owner is not None and owner.kind == "p":
                if include:
                    extra = tuple(sorted({*extra, *options(include=columns_text(include))}))
                of_table.primary_key = PrimaryKey(parts, owner.name, extra)
                continue
            where = row.where_sql
            of_table.indexes.append(
                Index(
                    row.name,
                    parts,
                    unique=row.unique,
                    constraint=owner is not None,
                    method=None if owner is not None else lower_method(row.method),  # GiST for WITHOUT OVERLAPS (P55)
                    where=None if where is None else expression_of(where, of_table.types, self.default_schema),
                    include=include,
                    nulls_not_distinct=row.nulls_not_distinct,
                    valid=row.valid,
                    comment=row.comment,
                    options=extra,
                )
            )

    def add_defined_index(self, row: IndexRow, definition: str) -> None:
        """An index with expressions, from its definition."""
        index = index_from(definition[definition.index(" USING ") :], self.default_schema, row.unique)
        if index is None:
            name = Name(self.names[row.relation].schema, row.name)
            self.not_expressed("index", name, self.naming.at_home(definition), row.relation)
            return
        parts = self.parts[row.relation]
        index = keyed(index, parts.types, self.default_schema)
        parts.indexes.append(replace(index, name=row.name, valid=row.valid, comment=row.comment))

    def read_opclasses(self) -> tuple[dict[int, Any], dict[int, str | None]]:
        """Operator class -> (type -> its text, ``None`` where it is the default), and collation -> its text."""
        opclasses: dict[int, Any] = {}
        collations: dict[int, str | None] = {}
        for row in self.of(OpclassRow):
            if row.kind == "collation":
                text = collation_text(row.schema, row.name, default_schema=self.default_schema)
                collations[row.oid] = text or '"default"'
                continue
            shown = [] if row.schema in ("pg_catalog", self.default_schema) else [quote_needed(row.schema)]
            name = ".".join([*shown, quote_needed(row.name)])
            opclasses[row.oid] = opclass_of(name, row.input_type, is_default=row.is_default)
        return opclasses, collations

    def read_constraints(self) -> dict[int, ConstraintRow]:
        """Constraints to their tables; returns those that are made of an index, by that index."""
        owners: dict[int, ConstraintRow] = {}
        for row in self.of(ConstraintRow):
            if row.relation not in self.names:
                continue
            parts = self.parts[row.relation]
            if row.comment:
                parts.constraint_comments.append((row.name, row.comment))
            if row.kind == "f":
                parts.foreign_keys.append(self.foreign_key(row))
                continue
            if row.kind == "c":
                parts.checks.append(self.check(row, parts.types))
                continue
            owners[row.index_oid] = row
            if row.kind == "x":
                found = read_exclusion(row.name, row.exclusion)
                definition = exclusion_expression(found.definition.sql, parts.types, self.default_schema)
                parts.exclusions.append(replace(found, definition=definition))
        return owners

    def foreign_key(self, row: ConstraintRow) -> ForeignKey:
        delete = ACTIONS[row.on_delete]
        if row.set_columns:
            delete += f" ({columns_text(self.attributes[row.relation, number].name for number in row.set_columns)})"
        return ForeignKey(
            row.name,
            tuple(self.attributes[row.relation, number].name for number in row.key),
            self.naming.name(row.ref_schema, row.ref_table),
            tuple(row.ref_columns),
            on_delete=delete,
            on_update=ACTIONS[row.on_update],
            match=MATCHES[row.match],
            deferrable=row.deferrable,
            initially_deferred=row.deferred,
            # What is not enforced is not validated either, and says so already.
            validated=row.validated or not row.enforced,
            options=foreign_key_options(row),
        )

    def check(self, row: ConstraintRow, types: Columns) -> Check:
        return Check(
            row.name,
            expression_of(row.check_sql, types, self.default_schema),
            validated=row.validated or not row.enforced,
            enforced=row.enforced,
            no_inherit=row.no_inherit,
        )

    # -- relations and what is not understood -----------------------------------------------------------------------

    def read_relations(self) -> tuple[list[Table], list[View]]:
        reads: dict[int, set[Name]] = defaultdict(set)
        for read in self.of(ViewReadRow):
            reads[read.view].add(self.naming.name(read.schema, read.name))
        tables: list[Table] = []
        views: list[View] = []
        for row in self.of(RelationRow):
            if row.kind in ("v", "m"):
                views.append(self.view(row, reads[row.oid]))
                for index in self.of(IndexRow):
                    if index.relation == row.oid and self.parts[row.oid].has_index(index.name):
                        name = Name(self.names[row.oid].schema, index.name)
                        reason = "an index of a materialised view"
                        self.not_expressed("index", name, self.naming.at_home(index.definition or ""), row.oid, reason)
            elif row.kind != "c":
                tables.append(self.table(row))
        return tables, views

    def table(self, row: RelationRow) -> Table:
        parts = self.parts[row.oid]
        name = self.names[row.oid]
        if row.typed:
            self.not_expressed("table", name, "", row.oid, "a table OF a composite type")
        word = {"r": "table", "p": "partitioned", "f": "foreign"}[row.kind]
        return make_table(
            name,
            () if row.bound else parts.columns,  # a partition's columns are those of its parent
            primary_key=parts.primary_key,
            indexes=parts.indexes,
            foreign_keys=parts.foreign_keys,
            checks=parts.checks,
            exclusions=parts.exclusions,
            triggers=parts.triggers,
            comment=row.comment,
            kind="partition" if row.bound else word,
            partition_by=Expression(row.partition_key, plain_key(row.partition_key)) if row.partition_key else None,
            partition_of=(parts.parents[0], row.bound) if row.bound else None,
            inherits=() if row.bound else parts.parents,
            options=table_options(row),
            constraint_comments=tuple(parts.constraint_comments),
            index_comments=tuple(parts.index_comments),
            of_inherited=tuple(parts.of_inherited),
        )

    def view(self, row: RelationRow, reads: Iterable[Name]) -> View:
        name = self.names[row.oid]
        with_ = f" WITH ({', '.join(sorted(row.settings))})" if row.settings else ""
        word = "MATERIALIZED VIEW" if row.kind == "m" else "VIEW"
        body = (row.body or "").rstrip().rstrip(";")
        return View(
            name,
            f"CREATE {word} {qualified(name)}{with_} AS\n{body}",
            materialized=row.kind == "m",
            depends_on=tuple(sorted(reads)),
            triggers=tuple(sorted(self.parts[row.oid].triggers, key=lambda trigger: trigger.name)),
        )

    def not_expressed(self, kind: str, name: Name, sql: str, relation: int, reason: str = "not understood") -> None:
        self.unsupported.append(UnsupportedObject(kind, str(name), reason, sql, self.names[relation]))
