"""The live schema: a fixed number of bulk queries on ``pg_catalog``, in one read-only snapshot.

The session is pinned while they run (P8, P9): expressions come out the same whatever the role's settings are, names
of the connection's default schema without it and all others with it.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, NamedTuple

from pytest_schemadrift.core.gc_pause import paused_collector
from pytest_schemadrift.dialects.base import Connection
from pytest_schemadrift.dialects.postgres.catalog.queries import query
from pytest_schemadrift.dialects.postgres.connection import wrap
from pytest_schemadrift.dialects.postgres.names import columns_text, literal, quote, quote_needed
from pytest_schemadrift.dialects.postgres.read.defaults import check_key, default_of
from pytest_schemadrift.dialects.postgres.read.expressions import Columns, expression_of, plain_key
from pytest_schemadrift.dialects.postgres.read.indexes import (
    collation_text,
    exclusion_expression,
    index_options,
    keyed,
    lower_method,
    read_index,
)
from pytest_schemadrift.dialects.postgres.read.sequences import CatalogSequence, identity_of, is_serial, sequence_of
from pytest_schemadrift.dialects.postgres.server_info import schemas_of
from pytest_schemadrift.dialects.reader import TokenStream, tokenize
from pytest_schemadrift.schema.capabilities import ServerInfo
from pytest_schemadrift.schema.model import (
    Check,
    Column,
    Domain,
    Enum,
    Exclusion,
    Expression,
    ForeignKey,
    Generated,
    Index,
    IndexPart,
    Name,
    Options,
    PrimaryKey,
    Schema,
    Table,
    Trigger,
    UnsupportedObject,
    View,
    make_schema,
    make_table,
    options,
)
from pytest_schemadrift.schema.model import Sequence as SequenceModel

_QUERIES = (
    *("namespaces", "types", "sequences", "inheritance", "opclasses", "triggers", "views", "others"),
    *("relations", "columns", "constraints", "indexes"),
)
_BY_NAME = frozenset(["relations", "columns", "constraints", "indexes"])
"""Queries that take the names of the tables to look at."""

_PINNED = {
    "TimeZone": "UTC",
    "DateStyle": "ISO, MDY",
    "IntervalStyle": "postgres",
    "extra_float_digits": "1",
    "bytea_output": "hex",
    "quote_all_identifiers": "off",
    "jit": "off",
}

_ACTIONS = {"a": "NO ACTION", "r": "RESTRICT", "c": "CASCADE", "n": "SET NULL", "d": "SET DEFAULT"}
_MATCHES = {"s": "SIMPLE", "f": "FULL", "p": "PARTIAL"}
_DESCENDING, _NULLS_FIRST = 1, 2
"""Bits of ``pg_index.indoption``."""

_NOT_EXPRESSED = {
    "policy": "row security policies are not compared",
    "rule": "rewrite rules are not compared",
    "statistics": "extended statistics are not compared",
    "function": "functions are not part of the schema that is compared",
    "procedure": "procedures are not part of the schema that is compared",
}


async def dump(connection: Connection, info: ServerInfo, tables: Sequence[Name] | None = None) -> Schema:
    """Return the live schema, of all tables or of those named; nothing is changed. Raises ``StatementFailed``."""
    session = wrap(connection)
    major = info.version[0] if info.version else 18
    names: tuple[list[str] | None, list[str] | None] = (None, None)
    if tables is not None:
        names = [table.schema or info.default_schema for table in tables], [table.name for table in tables]
    rows: dict[str, list[Any]] = {}
    pinned = {"search_path": quote(info.default_schema), **_PINNED}
    async with session.reading(pinned) as fetch:
        for name in _QUERIES:
            rows[name] = await fetch(query(name, major), *(names if name in _BY_NAME else ()))
        has_views = any(kind in ("v", "m") for _, _, _, kind, *_ in rows["relations"])
        rows["view_extras"] = await fetch(query("view_extras", major)) if has_views else []
    with paused_collector():
        return _Dump(info, rows, limited=tables is not None).schema()


class _Attribute(NamedTuple):
    """What keys and indexes ask of a column, by its number."""

    name: str
    type_oid: int
    collation: int


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
        self.parents: list[Name] = []


class _Dump:
    """The rows of all queries, being put together."""

    def __init__(self, info: ServerInfo, rows: Mapping[str, list[Any]], *, limited: bool) -> None:
        self.info = info
        self.rows = rows
        self.limited = limited
        self.default_schema = info.default_schema
        self.parts: dict[int, _TableParts] = defaultdict(_TableParts)
        self.attributes: dict[tuple[int, int], _Attribute] = {}
        self.names = {oid: self.name(schema, name) for oid, schema, name, kind, *_ in rows["relations"] if kind != "c"}
        self.unsupported: list[UnsupportedObject] = []
        self.owned: dict[tuple[int, int], CatalogSequence] = {}
        self.sequences: list[SequenceModel] = []
        visible = set(schemas_of(info))
        self.extension_types = {
            f"{quote_needed(schema)}.{quote_needed(name)}": quote_needed(name)
            for _, extension, schema, name, *_ in rows["types"]
            if extension and schema in visible and schema != info.default_schema
        }

    def name(self, schema: str, name: str) -> Name:
        """A name as the rest of the house has it."""
        return Name("" if schema == self.default_schema else schema, name)

    def type(self, text: str) -> str:
        """A type as it is shown: those of extensions on the search path go without their schema."""
        if self.extension_types and "." in text:
            for qualified, bare in self.extension_types.items():
                if text == qualified or text.startswith((f"{qualified}(", f"{qualified}[")):
                    return bare + text[len(qualified) :]
        return text

    def schema(self) -> Schema:
        """All of it."""
        self.read_sequences()
        self.read_columns()
        for child, schema, name in self.rows["inheritance"]:
            self.parts[child].parents.append(self.name(schema, name))
        self.read_indexes(self.read_constraints())
        for relation, name, sql in self.rows["triggers"]:
            self.parts[relation].triggers.append(Trigger(name, sql))
        enums, domains = self.read_types()
        tables, views = self.read_relations()
        self.read_others()
        found = defaultdict(list)
        for kind, name in self.rows["namespaces"]:
            found[kind].append(name)
        return make_schema(
            "postgres",
            tables=tables,
            namespaces=[name for name in found["namespace"] if name != self.default_schema],
            extensions=found["extension"],
            enums=enums,
            sequences=self.sequences,
            domains=domains,
            views=views,
            unsupported=self.unsupported,
        )

    # -- sequences and columns ----------------------------------------------------------------------------------------

    def read_sequences(self) -> None:
        for schema, name, *settings, owner, relation, column in self.rows["sequences"]:
            sequence = CatalogSequence._make((self.name(schema, name), *settings, owner))
            if owner is None:
                self.sequences.append(sequence_of(sequence, None))
            else:
                self.owned[relation, column] = sequence

    def read_columns(self) -> None:
        types = self.types_of_tables()
        attributes, owned, schema = self.attributes, self.owned, self.default_schema
        for row in self.rows["columns"]:
            relation, number, name, local, _, type_oid, not_null, default, _, generated, collation = row[:11]
            attributes[relation, number] = _Attribute(name, type_oid, collation)
            if not local:
                continue
            kind = types[relation][name]
            if generated or (relation, number) in owned:
                column = self.made_column(row, types[relation])
            else:
                column = _column(name, kind, not not_null, default, *row[11:], schema)
            self.parts[relation].columns.append(column)

    def made_column(self, row: Any, types: Columns) -> Column:
        """A column whose values the server makes: generated, serial or identity, or one with a sequence of its own."""
        relation, number, name, _, _, _, not_null, default, identity, generated = row[:10]
        column = _column(name, types[name], not not_null, None, *row[11:], self.default_schema)
        sequence = self.owned.get((relation, number))
        if sequence and default == f"nextval({literal(sequence.shown)}::regclass)" and is_serial(sequence, column.type):
            return replace(column, autoincrement=True)
        if sequence and sequence.owner == "a" and relation in self.names:
            self.sequences.append(sequence_of(sequence, (self.names[relation], name)))
        if generated:
            expression = expression_of(default, types, self.default_schema)
            return replace(column, generated=Generated(expression, stored=generated == "s"))
        return replace(
            column,
            default=None if default is None else default_of(default, column.type, self.default_schema),
            identity=identity_of(sequence, always=identity == "a") if identity and sequence else None,
        )

    def types_of_tables(self) -> dict[int, dict[str, str]]:
        """The types of every table's columns by name, which the expressions about them need."""
        found: dict[int, dict[str, str]] = defaultdict(dict)
        for relation, _, name, _, kind, *_ in self.rows["columns"]:
            found[relation][name] = self.type(kind)
        for relation, types in found.items():
            self.parts[relation].types = types
        return found

    # -- indexes and constraints --------------------------------------------------------------------------------------

    def read_indexes(self, owners: Mapping[int, Any]) -> None:
        """``owners`` are the rows of the constraints that indexes belong to, by index."""
        opclasses, collations = self.read_opclasses()
        attributes = self.attributes
        for row in self.rows["indexes"]:
            oid, relation, name, method, unique, valid, key_count, keys, flags = row[:9]
            classes, collation_oids, settings, comment, where, distinct, definition = row[9:]
            owner = owners.get(oid)
            if relation not in self.names or (owner is not None and owner[2] == "x"):
                continue
            types = self.parts[relation].types
            if definition is not None:
                self.add_defined_index(row)
                continue
            parts = []
            for place in range(key_count):
                attribute = attributes[relation, keys[place]]
                flag, collation = flags[place], collation_oids[place]
                parts.append(
                    _part(
                        attribute.name,
                        flag,
                        opclasses[classes[place]](attribute.type_oid),
                        collations.get(collation) if collation != attribute.collation else None,
                    )
                )
            include = tuple(attributes[relation, number].name for number in keys[key_count:])
            extra = index_options(with_=", ".join(sorted(settings))) if settings else ()
            if owner is not None:
                extra = tuple(sorted({*extra, *_key_options(owner)}))
                if owner[2] == "p":
                    extra = tuple(sorted({*extra, *options(include=columns_text(include) or None)}))
                    self.parts[relation].primary_key = PrimaryKey(tuple(parts), owner[1], extra)
                    continue
            self.parts[relation].indexes.append(
                Index(
                    name,
                    tuple(parts),
                    unique=unique,
                    constraint=owner is not None,
                    method=lower_method(method),
                    where=where and expression_of(where, types, self.default_schema),
                    include=include,
                    nulls_not_distinct=distinct,
                    valid=valid,
                    comment=comment,
                    options=extra,
                )
            )

    def add_defined_index(self, row: Any) -> None:
        """An index with expressions, from its definition."""
        relation, name, unique, valid, comment, definition = row[1], row[2], row[4], row[5], row[12], row[15]
        index = _index_from(definition[definition.index(" USING ") :], self.default_schema, unique)
        if index is None:
            self.not_expressed("index", Name(self.names[relation].schema, name), definition, relation)
            return
        index = keyed(index, self.parts[relation].types, self.default_schema)
        self.parts[relation].indexes.append(replace(index, name=name, valid=valid, comment=comment))

    def read_opclasses(self) -> tuple[dict[int, Any], dict[int, str | None]]:
        """Operator class -> (type -> its text, ``None`` where it is the default), and collation -> its text."""
        opclasses: dict[int, Any] = {}
        collations: dict[int, str | None] = {}
        for kind, oid, schema, name, is_default, input_type in self.rows["opclasses"]:
            if kind == "collation":
                collations[oid] = collation_text(schema, name, default_schema=self.default_schema) or '"default"'
                continue
            shown = [] if schema in ("pg_catalog", self.default_schema) else [quote_needed(schema)]
            opclasses[oid] = _opclass(".".join([*shown, quote_needed(name)]), input_type, is_default=is_default)
        return opclasses, collations

    def read_constraints(self) -> dict[int, Any]:
        """Constraints to their tables; returns the rows of those that are made of an index, by that index."""
        owners: dict[int, Any] = {}
        for row in self.rows["constraints"]:
            relation, name, kind, key, index = row[:5]
            if relation not in self.names:
                continue
            parts = self.parts[relation]
            if kind == "f":
                parts.foreign_keys.append(self.foreign_key(row))
                continue
            if kind == "c":
                parts.checks.append(self.check(row, parts.types))
                continue
            owners[index] = row
            if kind == "x":
                definition = exclusion_expression(row[16], parts.types, self.default_schema)
                parts.exclusions.append(Exclusion(name, definition))
            elif kind == "n":
                reason = "a NOT NULL constraint that is not valid"
                column = self.attributes[relation, key[0]].name
                self.not_expressed("constraint", Name("", name), f"NOT NULL {column} NOT VALID", relation, reason)
        return owners

    def foreign_key(self, row: Any) -> ForeignKey:
        relation, name, _, key, _, deferrable, deferred, validated, _ = row[:9]
        ref_schema, ref_table, ref_columns, on_update, on_delete, match = row[9:15]
        set_columns, enforced, period = row[17:]
        delete = _ACTIONS[on_delete]
        if set_columns:
            delete += f" ({columns_text(self.attributes[relation, number].name for number in set_columns)})"
        return ForeignKey(
            name,
            tuple(self.attributes[relation, number].name for number in key),
            self.name(ref_schema, ref_table),
            tuple(ref_columns),
            on_delete=delete,
            on_update=_ACTIONS[on_update],
            match=_MATCHES[match],
            deferrable=deferrable,
            initially_deferred=deferred,
            # What is not enforced is not validated either, and says so already.
            validated=validated or not enforced,
            options=options(not_enforced=not enforced, period=period),
        )

    def check(self, row: Any, types: Columns) -> Check:
        name, validated, no_inherit, enforced = row[1], row[7], row[8], row[18]
        return Check(
            name,
            expression_of(row[15], types, self.default_schema),
            validated=validated or not enforced,
            enforced=enforced,
            no_inherit=no_inherit,
        )

    # -- types, relations, and what is left -----------------------------------------------------------------------

    def read_types(self) -> tuple[list[Enum], list[Domain]]:
        enums: list[Enum] = []
        domains: list[Domain] = []
        for row in self.rows["types"]:
            kind, extension, schema, name, comment, labels = row[:6]
            base, not_null, default, collation_schema, collation, checks = row[6:]
            if extension:
                continue
            if kind == "e":
                enums.append(Enum(self.name(schema, name), tuple(labels), comment))
                continue
            shown = self.type(base)
            domains.append(
                Domain(
                    self.name(schema, name),
                    shown,
                    nullable=not not_null,
                    default=None if default is None else default_of(default, shown, self.default_schema),
                    collation=collation
                    and collation_text(collation_schema, collation, default_schema=self.default_schema),
                    checks=tuple(
                        Check(check, Expression(sql, check_key(sql, shown, self.default_schema)), validated=valid)
                        for check, sql, valid in sorted(json.loads(checks or "[]"))
                    ),
                    comment=comment,
                )
            )
        return enums, domains

    def read_relations(self) -> tuple[list[Table], list[View]]:
        reads: dict[int, set[Name]] = defaultdict(set)
        for view, schema, name in self.rows["views"]:
            reads[view].add(self.name(schema, name))
        tables: list[Table] = []
        views: list[View] = []
        for row in self.rows["relations"]:
            oid, _, _, kind, *_ = row
            if kind in ("v", "m"):
                views.append(self.view(row, reads[oid]))
                for index in self.parts[oid].indexes:
                    definition = next(item[-1] for item in self.rows["indexes"] if item[1:3] == (oid, index.name))
                    name = Name(self.names[oid].schema, index.name or "")
                    self.not_expressed("index", name, definition, oid, "an index of a materialised view")
            elif kind != "c":
                tables.append(self.table(row))
        return tables, views

    def table(self, row: Any) -> Table:
        oid, _, _, kind, persistence, secured, forced, typed, settings, method = row[:10]
        comment, partition_key, bound, _, server, server_options = row[10:]
        parts = self.parts[oid]
        name = self.names[oid]
        if typed:
            self.not_expressed("table", name, "", oid, "a table OF a composite type")
        word = {"r": "table", "p": "partitioned", "f": "foreign"}[kind]
        return make_table(
            name,
            () if bound else parts.columns,  # a partition's columns are those of its parent
            primary_key=parts.primary_key,
            indexes=parts.indexes,
            foreign_keys=parts.foreign_keys,
            checks=parts.checks,
            exclusions=parts.exclusions,
            triggers=parts.triggers,
            comment=comment,
            kind="partition" if bound else word,
            partition_by=Expression(partition_key, plain_key(partition_key)) if partition_key else None,
            partition_of=(parts.parents[0], bound) if bound else None,
            inherits=() if bound else parts.parents,
            options=_table_options(
                unlogged=persistence == "u",
                row_security=secured,
                force_row_security=forced,
                settings=settings,
                access_method=method if method not in (None, "heap") else None,
                server=server,
                server_options=server_options,
            ),
        )

    def view(self, row: Any, reads: Iterable[Name]) -> View:
        oid, materialized, settings, body = row[0], row[3] == "m", row[8], row[13]
        name = self.names[oid]
        shown = f"{quote(name.schema)}.{quote(name.name)}" if name.schema else quote(name.name)
        with_ = f" WITH ({', '.join(sorted(settings))})" if settings else ""
        word = "MATERIALIZED VIEW" if materialized else "VIEW"
        sql = f"CREATE {word} {shown}{with_} AS\n{body.rstrip().rstrip(';')}"
        return View(
            name,
            sql,
            materialized=materialized,
            depends_on=tuple(sorted(reads)),
            triggers=tuple(sorted(self.parts[oid].triggers, key=lambda trigger: trigger.name)),
            extras=tuple(sql for view, sql, _ in self.rows["view_extras"] if view == oid),
        )

    def read_others(self) -> None:
        for kind, schema, name, sql, table_schema, table in self.rows["others"]:
            if schema.startswith("pg_") or schema == "information_schema":
                continue
            owner = self.name(table_schema, table) if table else None
            if self.limited and owner not in self.names.values():
                continue
            reason = _NOT_EXPRESSED.get(kind, f"a {kind} is not expressed")
            self.unsupported.append(UnsupportedObject(kind, str(self.name(schema, name)), reason, sql or "", owner))

    def not_expressed(self, kind: str, name: Name, sql: str, relation: int, reason: str = "not understood") -> None:
        self.unsupported.append(UnsupportedObject(kind, str(name), reason, sql, self.names[relation]))


@lru_cache(maxsize=8192)
def _column(  # noqa: PLR0917
    name: str,
    kind: str,
    nullable: bool,
    default: str | None,
    collation_schema: str | None,
    collation_name: str | None,
    comment: str | None,
    default_schema: str,
) -> Column:
    """A column that no sequence and no expression fills; those that are alike in many tables are one value."""
    return Column(
        name,
        kind,
        nullable=nullable,
        default=None if default is None else default_of(default, kind, default_schema),
        collation=collation_name
        and collation_text(collation_schema or "", collation_name, default_schema=default_schema),
        comment=comment,
    )


@lru_cache(maxsize=8192)
def _part(column: str, flags: int, opclass: str | None, collation: str | None) -> IndexPart:
    """A column as the key of an index; those that are alike in many indexes are one value."""
    return IndexPart(
        column,
        descending=bool(flags & _DESCENDING),
        nulls_first=_nulls_first(flags) if flags else None,
        opclass=opclass,
        collation=collation,
    )


@lru_cache(maxsize=1024)
def _index_from(definition: str, default_schema: str, unique: bool) -> Index | None:
    """What ``pg_get_indexdef`` prints after the table, not yet ``keyed``."""
    text = f"ON t{definition}"
    stream = TokenStream(text, tokenize(text, "postgres"))
    _, index = read_index(stream, default_schema, unique=unique)
    return index if stream.done else None


def _nulls_first(flags: int) -> bool | None:
    """``None`` where it is the direction's default: last when ascending, first when descending."""
    first, descending = bool(flags & _NULLS_FIRST), bool(flags & _DESCENDING)
    return None if first == descending else first


_TEXT_TYPES = frozenset([25, 1043])
_BPCHAR = 1042


def _opclass(name: str, input_type: int, *, is_default: bool) -> Any:
    """type of a column -> the operator class as text, ``None`` where it need not be said.

    ``opcdefault`` is about the class's own input type; of the types that can stand in for each other only text on
    character matters.
    """

    def shown(type_oid: int) -> str | None:
        return name if not is_default or (input_type == _BPCHAR and type_oid in _TEXT_TYPES) else None

    return shown


def _key_options(row: Any) -> Options:
    return options(deferrable=row[5], initially_deferred=row[6], without_overlaps=row[19])


def _table_options(
    *,
    unlogged: bool,
    row_security: bool,
    force_row_security: bool,
    settings: list[str] | None,
    access_method: str | None,
    server: str | None,
    server_options: list[str] | None,
) -> Options:
    if not (unlogged or row_security or force_row_security or settings or access_method or server):
        return ()
    found = options(
        unlogged=unlogged,
        row_security=row_security,
        force_row_security=force_row_security,
        access_method=access_method,
        server=server,
        server_options=", ".join(sorted(server_options)) if server_options else None,
    )
    return tuple(sorted((*found, ("with", ", ".join(sorted(settings)))))) if settings else found
