"""Random schemas for the laws: small, legal on their server, and rich in what usually goes wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from pytest_schemadrift.dialects import get_dialect
from pytest_schemadrift.dialects.reader import expression_key
from pytest_schemadrift.schema.build import make_schema, make_table
from pytest_schemadrift.schema.model import (
    Check,
    Column,
    Expression,
    ForeignKey,
    Generated,
    Index,
    IndexPart,
    Name,
    PrimaryKey,
    Schema,
    Table,
)

TABLES = ("users", "Order", "item lines", "select", "données")
COLUMNS = ("name", "Mixed", "group", "created at", "price", "note", "qty", "état", "flag", "code")


@dataclass(frozen=True)
class Pool:
    """What a dialect can say: column types with their defaults, and what its indexes and keys may have."""

    types: dict[str, tuple[str, ...]]
    unindexable: frozenset[str]
    auto_type: str
    number: str
    partial_indexes: bool
    comments: bool
    generated: bool = True


POSTGRES = Pool(
    types={
        "integer": ("0", "5", "'-3'::integer"),
        "bigint": ("7",),
        "smallint": (),
        "text": ("'a'::text", "'it''s'::text"),
        "character varying(30)": ("'x'::character varying",),
        "boolean": ("true", "false"),
        "numeric(10,2)": ("1.50", "0"),
        "timestamp with time zone": ("CURRENT_TIMESTAMP", "now()"),
        "date": (),
        "jsonb": ("'{}'::jsonb",),
        "uuid": ("gen_random_uuid()",),
        "double precision": ("1.5",),
        "text[]": ("'{}'::text[]",),
        "bytea": (),
    },
    unindexable=frozenset({"jsonb", "text[]"}),
    auto_type="integer",
    number="integer",
    partial_indexes=True,
    comments=True,
)
MYSQL = Pool(
    types={
        "int": ("0", "5", "-3"),
        "bigint": ("7",),
        "smallint": (),
        "int unsigned": ("1",),
        "varchar(30)": ("'x'", "'it''s'"),
        "tinyint(1)": ("0", "1"),
        "decimal(10,2)": ("1.50",),
        "datetime(6)": ("CURRENT_TIMESTAMP(6)",),
        "date": (),
        "double": (),
        "char(36)": (),
        "text": (),
        "longblob": (),
        "json": (),
    },
    unindexable=frozenset({"text", "longblob", "json"}),
    auto_type="int",
    number="int",
    partial_indexes=False,
    comments=True,
)
SQLITE = Pool(
    types={
        "INTEGER": ("0", "5", "-3"),
        "INT": ("1",),
        "BIGINT": (),
        "TEXT": ("'a'", "'it''s'"),
        "VARCHAR(30)": ("'x'",),
        "REAL": ("1.5",),
        "BLOB": (),
        "JSON": (),
        "TIMESTAMP": ("CURRENT_TIMESTAMP",),
        "CHAR(36)": (),
    },
    unindexable=frozenset(),
    auto_type="INTEGER",
    number="INTEGER",
    partial_indexes=True,
    comments=False,
)
POOLS = {"postgres": POSTGRES, "mysql": MYSQL, "mariadb": MYSQL, "sqlite": SQLITE}


class _Drawing:
    """One schema in the making."""

    def __init__(self, draw: Callable[..., Any], dialect: str) -> None:
        self.draw, self.dialect, self.pool = draw, dialect, POOLS[dialect]
        self.tables: list[Table] = []

    def chance(self, percent: int) -> bool:
        return bool(self.draw(st.integers(1, 100)) <= percent)

    def quote(self, name: str) -> str:
        return f"`{name}`" if self.dialect in ("mysql", "mariadb") else f'"{name}"'

    def expression(self, sql: str) -> Expression:
        return Expression(sql, expression_key(get_dialect(self.dialect).tokenize(sql)))

    def column(self, name: str) -> Column:
        type_, defaults = self.draw(st.sampled_from(sorted(self.pool.types.items())))
        default = self.draw(st.sampled_from(defaults)) if defaults and self.chance(40) else None
        comment = self.draw(st.sampled_from((None, "a comment", "it's; -- \\ odd"))) if self.pool.comments else None
        return Column(
            name,
            type_,
            nullable=self.chance(60),
            default=self.expression(default) if default else None,
            comment=comment,
        )

    def table(self, name: str) -> Table:
        chosen = self.draw(st.lists(st.sampled_from(COLUMNS), unique=True, min_size=1, max_size=5))
        columns = [Column("id", self.pool.auto_type, nullable=False, autoincrement=True)]
        columns += [self.column(column) for column in chosen]
        numbers = [column.name for column in columns[1:] if column.type == self.pool.number]
        if numbers and self.pool.generated and self.chance(30):
            twice = self.expression(f"({self.quote(numbers[0])} * 2)")
            columns.append(Column("twice", self.pool.number, generated=Generated(twice, stored=True)))
        keys, parent = [], self.draw(st.sampled_from(self.tables)) if self.tables and self.chance(60) else None
        if parent is not None:
            columns.append(Column("parent_id", self.pool.auto_type, nullable=True))
            action = self.draw(st.sampled_from(("CASCADE", "NO ACTION", "SET NULL")))
            keys.append(ForeignKey(f"fk_{len(self.tables)}", ("parent_id",), parent.name, ("id",), on_delete=action))
        checks = []
        if numbers and self.chance(40):
            limit = self.draw(st.integers(0, 9))
            checks.append(Check(f"ck_{len(self.tables)}", self.expression(f"({self.quote(numbers[0])} > {limit})")))
        return make_table(
            Name("", name),
            columns,
            primary_key=PrimaryKey((IndexPart("id"),)),
            indexes=self.indexes(columns, numbers),
            foreign_keys=keys,
            checks=checks,
            comment=self.draw(st.sampled_from((None, "the table"))) if self.pool.comments else None,
        )

    def indexes(self, columns: list[Column], numbers: list[str]) -> list[Index]:
        usable = [
            column.name
            for column in columns
            if column.type not in self.pool.unindexable and column.name not in ("id", "parent_id")
        ]
        found: list[Index] = []
        if not usable:
            return found
        shapes = set()
        for place in range(self.draw(st.integers(0, 2))):
            names = tuple(self.draw(st.lists(st.sampled_from(usable), unique=True, min_size=1, max_size=2)))
            unique = self.chance(40)
            where = None
            if self.pool.partial_indexes and numbers and self.chance(30):
                where = self.expression(f"({self.quote(numbers[0])} > 3)")
            parts = tuple(IndexPart(name, descending=self.chance(20)) for name in names)
            if (names, unique) in shapes:
                continue
            shapes.add((names, unique))
            constraint = unique and where is None and not any(part.descending for part in parts) and self.chance(50)
            found.append(
                Index(f"ix_{len(self.tables)}_{place}", parts, unique=unique, constraint=constraint, where=where)
            )
        return found

    def schema(self) -> Schema:
        for name in self.draw(st.lists(st.sampled_from(TABLES), unique=True, min_size=1, max_size=3)):
            self.tables.append(self.table(name))
        return make_schema(self.dialect, tables=self.tables)


@st.composite
def schemas(draw: Callable[..., Any], dialect: str) -> Schema:
    """A schema of one to three tables with keys, indexes, checks, defaults and hostile names."""
    return _Drawing(draw, dialect).schema()
