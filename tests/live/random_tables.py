"""Random pairs of DDL scripts over a wide pool of types and of what stands on columns, with rows for the first.

Of one seed always the same pair, as plain text: what fails can be typed into a shell.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import NamedTuple


class Family(NamedTuple):
    """Types between which a column changes, with values that most of them take, and defaults."""

    types: Sequence[str]
    values: Sequence[str]
    defaults: Sequence[str]


class Pool(NamedTuple):
    """What a server can say; ``{a}`` and ``{b}`` stand for columns of a table, ``#`` for a number of their own."""

    families: Sequence[Family]
    attributes: Sequence[str]
    """What may stand behind a column's type."""
    inside: Sequence[str]
    """What may stand behind a table's columns."""
    options: Sequence[str]
    """What may stand behind a table's parentheses."""
    beside: Sequence[str]
    """Statements after the table ``{t}``."""


def _family(types: str, values: str, defaults: str = "") -> Family:
    return Family(*([part.strip() for part in text.split("|") if part.strip()] for text in (types, values, defaults)))


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.strip().splitlines()]


_MYSQL = [
    _family("tinyint|smallint|int|bigint|int unsigned|decimal(12,2)", "0|1|100", "0|5|(1 + 2)"),
    _family(
        "varchar(9)|varchar(30)|char(12)|text|tinytext|varbinary(30)", "''|'a'|'a b'|'it''s'|'é'", "'x'|''|(lower('Q'))"
    ),
    _family("text|tinytext|varchar(40)|mediumtext", "''|'a'|'a b'|'it''s'|'é'", "('x')|(lower('Q'))"),
    _family("varchar(9) character set latin1|varchar(9) collate utf8mb4_bin|varchar(20)", "'a'|'é'|'007'", "'é'|''"),
    _family("date|datetime|datetime(3)|timestamp(3) null", "'2020-02-29'|'1999-12-31'", "'2001-01-01'"),
    _family("float|double|decimal(20,6)", "0|1.5|-2.25", "1.5|0"),
    _family("enum('a','b')|enum('a','b','c')|varchar(5)|set('a','b')", "'a'|'b'", "'a'"),
    _family("json|longtext", "'{}'|'[1]'", "(json_array())"),
    _family("binary(4)|varbinary(9)", "'ab'|x'00ff'|''", "'q'"),
    _family("blob|varbinary(9)|tinyblob", "'ab'|x'00ff'|''", "('q')"),
    _family("bit(1)|bit(8)|tinyint(1)", "0|1", "0|1"),
    _family("time|time(3)|varchar(20)", "'10:20:30'", "'01:00:00'"),
]
_MYSQL_INSIDE = """
    KEY k# ({a}, {b})
    UNIQUE KEY u# (id, {a})
    KEY k# (id, {a} DESC)
    CHECK ({a} IS NOT NULL OR {b} IS NOT NULL)
    CONSTRAINT c# CHECK ({a} <> '17')
    g# varchar(99) AS (concat(id, '-')) STORED
    g# int AS (id + 1) VIRTUAL
    g# varchar(99) AS (coalesce({a}, 'none')) VIRTUAL
    p# int, CONSTRAINT f# FOREIGN KEY (p#) REFERENCES parent (id) ON DELETE SET NULL
    p# int NOT NULL DEFAULT 1, KEY k# (p#), FOREIGN KEY (p#) REFERENCES parent (id) ON UPDATE CASCADE
"""
_MYSQL_BESIDE = """
    CREATE VIEW v# AS SELECT id, {a} FROM {t}
    CREATE VIEW v# AS SELECT t.id, p.note, t.{a} AS other FROM {t} t JOIN parent p ON p.id = t.id
    CREATE TRIGGER r# BEFORE INSERT ON {t} FOR EACH ROW SET NEW.id = NEW.id
    CREATE TRIGGER r# AFTER UPDATE ON {t} FOR EACH ROW INSERT INTO parent (note) VALUES (NEW.id)
"""
_ATTRIBUTES = ["COMMENT 'it''s'", "COMMENT 'b'"]

POOLS = {
    "sqlite": Pool(
        [
            _family("int|integer|bigint|numeric|real", "0|1|-7|1.5|9007199254740993|'12'", "0|5|(1 + 2)"),
            _family("varchar(9)|text|char(3)|blob|json", "''|'a'|'A'|'it''s'|'1.0'|x'00ff'", "'x'|''|(lower('Q'))"),
            _family("timestamp|date|text", "'2020-02-29'|'1999-12-31 10:00:00'", "'2001-01-01'|CURRENT_TIMESTAMP"),
            _family("any_type|blob|text", "NULL|1|'a'|2.5|x'00'", "NULL|'a'"),
        ],
        ["COLLATE nocase", "COLLATE rtrim", "UNIQUE", "CHECK (length(id) < 99)"],
        _lines("""
            UNIQUE (id, {a})
            CHECK ({a} IS NOT NULL OR {b} IS NOT NULL)
            CONSTRAINT c# CHECK ({a} <> '17')
            g# text AS ({a} || '-') STORED
            g# int AS (id + 1)
            p# int REFERENCES parent (id) ON DELETE SET NULL
            p# int NOT NULL DEFAULT 1 REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED
            p# int, FOREIGN KEY (p#) REFERENCES parent
        """),
        ["STRICT", "WITHOUT ROWID"],
        _lines("""
            CREATE INDEX i# ON {t} ({a}, {b} DESC)
            CREATE INDEX i# ON {t} ({a} COLLATE nocase) WHERE {b} IS NOT NULL
            CREATE UNIQUE INDEX i# ON {t} (id, lower({a}))
            CREATE VIEW v# AS SELECT id, {a} FROM {t}
            CREATE VIEW v# AS SELECT t.id, p.note, t.{a} AS other FROM {t} t JOIN parent p USING (id)
            CREATE TRIGGER r# AFTER UPDATE OF {a} ON {t} BEGIN INSERT INTO parent (note) VALUES (new.id); END
            CREATE TRIGGER r# BEFORE DELETE ON {t} BEGIN SELECT raise(abort, 'no'); END
        """),
    ),
    "postgres": Pool(
        [
            _family("smallint|integer|bigint|numeric(12,2)|double precision", "0|1|-7|300", "0|5|(1 + 2)"),
            _family("varchar(9)|varchar(30)|text|char(12)", "''|'a'|'a b'|'it''s'|'é'", "'x'|''|lower('Q')"),
            _family("date|timestamp|timestamptz|timestamp(3)", "'2020-02-29'|'1999-12-31'", "'2001-01-01'|now()"),
            _family("boolean|text", "'true'|'false'", "'true'"),
            _family("jsonb|json|text", "'{}'|'[1]'", "'{}'"),
            _family("uuid|text", "'11111111-2222-3333-4444-555555555555'", "'00000000-0000-0000-0000-000000000000'"),
            _family("bytea", "'a'|''", "'q'"),
            _family("integer[]|bigint[]|text[]", "'{}'|'{1,2}'", "'{}'"),
            _family("inet|cidr|text", "'10.0.0.0/8'", "'10.0.0.2'"),
            _family("interval|interval(3)|text", "'1 day'|'12:00:00'", "'1 day'"),
            _family("mood|text|varchar(9)", "'sad'|'ok'", "'ok'"),
            _family("small|integer|bigint", "1|2", "3"),
        ],
        ['COLLATE "C"', "STORAGE EXTERNAL", "CHECK (id < 99)", "UNIQUE"],
        _lines("""
            UNIQUE (id, {a})
            CONSTRAINT u# UNIQUE (id, {a}) DEFERRABLE
            CHECK ({a} IS NOT NULL OR {b} IS NOT NULL)
            CONSTRAINT c# CHECK ({a} IS DISTINCT FROM NULL) NO INHERIT
            g# text GENERATED ALWAYS AS (id || '-') STORED
            g# bigint GENERATED ALWAYS AS (id + 1) STORED
            s# serial
            s# bigint GENERATED BY DEFAULT AS IDENTITY (START 7)
            p# int REFERENCES parent (id) ON DELETE SET NULL
            p# int NOT NULL DEFAULT 1 REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED
        """),
        ["WITH (fillfactor = 70)"],
        _lines("""
            CREATE INDEX i# ON {t} ({a}, {b} DESC)
            CREATE INDEX i# ON {t} (id) INCLUDE ({a}) WHERE {b} IS NOT NULL
            CREATE UNIQUE INDEX i# ON {t} (id, ({a} IS NULL))
            CREATE INDEX i# ON {t} (({a}::text))
            CREATE VIEW v# AS SELECT id, {a} FROM {t}
            CREATE VIEW v# AS SELECT t.id, p.note, t.{a} AS other FROM {t} t JOIN parent p USING (id)
            CREATE MATERIALIZED VIEW v# AS SELECT id, {a} FROM {t}
            CREATE RULE r# AS ON DELETE TO {t} DO ALSO NOTHING
            CREATE POLICY r# ON {t} USING ({a} IS NOT NULL)
            CREATE STATISTICS s# ON id, {a} FROM {t}
            COMMENT ON COLUMN {t}.{a} IS 'it''s'
            ALTER TABLE {t} ENABLE ROW LEVEL SECURITY
            ALTER TABLE {t} ALTER {a} SET STATISTICS 50
        """),
    ),
    "mysql": Pool(
        [*_MYSQL, _family("geometry|point", "NULL")],
        [*_ATTRIBUTES, "INVISIBLE"],
        [*_lines(_MYSQL_INSIDE), "CHECK (id < 99)", "KEY k# ((coalesce({a}, 'q')))", "KEY k# (id) INVISIBLE"],
        ["ROW_FORMAT=DYNAMIC", "DEFAULT CHARSET=latin1", "COLLATE=utf8mb4_bin", "COMMENT='t'"],
        _lines(_MYSQL_BESIDE),
    ),
    "mariadb": Pool(
        [
            *_MYSQL,
            _family("uuid|char(36)", "'11111111-2222-3333-4444-555555555555'", "uuid()"),
            _family("inet6", "'::1'"),
        ],
        [*_ATTRIBUTES, "INVISIBLE", "COMPRESSED", "CHECK (id < 99)"],
        [*_lines(_MYSQL_INSIDE), "KEY k# (id) IGNORED"],
        ["ROW_FORMAT=DYNAMIC", "DEFAULT CHARSET=latin1", "COLLATE=utf8mb4_bin", "COMMENT='t'", "PAGE_COMPRESSED=1"],
        _lines(_MYSQL_BESIDE),
    ),
}
_PARENT = "CREATE TABLE parent (id {key}, note varchar(20))"
_KEYS = {
    "sqlite": "integer PRIMARY KEY",
    "postgres": "integer GENERATED BY DEFAULT AS IDENTITY (START 100) PRIMARY KEY",
    "mysql": "int AUTO_INCREMENT PRIMARY KEY",
    "mariadb": "int AUTO_INCREMENT PRIMARY KEY",
}
_BEFORE = {
    "postgres": ["CREATE TYPE mood AS ENUM ('sad', 'ok')", "CREATE DOMAIN small AS integer CHECK (VALUE < 1000)"]
}


_COLUMN = re.compile(r"\bc\d\b")


@dataclass(frozen=True)
class _Column:
    name: str
    family: Family
    type: str
    nullable: bool
    default: str
    attribute: str

    def __str__(self) -> str:
        words = [self.name, self.type, "" if self.nullable else "NOT NULL", self.default and f"DEFAULT {self.default}"]
        return " ".join(word for word in [*words, self.attribute] if word)


@dataclass(frozen=True)
class _Table:
    """A table and what belongs to it, as templates of the pool with the columns that they name."""

    name: str
    columns: tuple[_Column, ...]
    inside: tuple[str, ...]
    option: str
    beside: tuple[str, ...]


@dataclass(frozen=True)
class Story:
    """A pair of scripts, and statements for rows of the old one, any of which may be refused."""

    old: list[str]
    rows: list[str]
    new: list[str]


def story(dialect: str, seed: int) -> Story:
    """The pair of this seed."""
    random, pool = Random(f"{dialect} {seed}"), POOLS[dialect]
    tables = [_table(name, pool, random) for name in ("first", "second")[: random.choice((1, 1, 2))]]
    rows = ["INSERT INTO parent (id, note) VALUES (1, 'a'), (2, 'b'), (3, 'c')"]
    for table in tables:
        for key in range(1, random.randrange(2, 6)):
            values = [_value(column, random) for column in table.columns]
            names = ", ".join(["id", *(column.name for column in table.columns)])
            rows.append(f"INSERT INTO {table.name} ({names}) VALUES ({', '.join([str(key), *values])})")
    changed = [_changed(table, pool, random) for table in tables]
    return Story(_script(dialect, tables), rows, _script(dialect, changed))


def _script(dialect: str, tables: Sequence[_Table]) -> list[str]:
    statements = [*_BEFORE.get(dialect, []), _PARENT.format(key=_KEYS[dialect])]
    for table in tables:
        names = {column.name for column in table.columns}
        lines = [
            "id int PRIMARY KEY",
            *map(str, table.columns),
            *(item for item in table.inside if _stands(item, names)),
        ]
        statements.append(f"CREATE TABLE {table.name} ({', '.join(lines)}) {table.option}".rstrip())
        statements += [item for item in table.beside if _stands(item, names)]
    return statements


def _stands(item: str, names: set[str]) -> bool:
    """Whether a table has the columns that stand in a finished template."""
    return set(_COLUMN.findall(item)) <= names


def _value(column: _Column, random: Random) -> str:
    return "NULL" if column.nullable and random.random() < 0.3 else random.choice(column.family.values)


def _column(name: str, pool: Pool, random: Random) -> _Column:
    family = random.choice(pool.families)
    default = random.choice(family.defaults) if family.defaults and random.random() < 0.4 else ""
    attribute = random.choice(pool.attributes) if random.random() < 0.2 else ""
    return _Column(name, family, random.choice(family.types), random.random() < 0.6, default, attribute)


def _table(name: str, pool: Pool, random: Random) -> _Table:
    columns = tuple(_column(f"c{place}", pool, random) for place in range(random.randrange(2, 6)))
    option = random.choice(pool.options) if random.random() < 0.15 else ""
    table = _Table(name, columns, (), option, ())
    return replace(table, inside=_some(pool.inside, table, random, 2), beside=_some(pool.beside, table, random, 2))


def _some(templates: Sequence[str], table: _Table, random: Random, most: int) -> tuple[str, ...]:
    """Up to ``most`` of the templates, about columns of the table."""
    found = []
    for template in random.sample(templates, random.randrange(most + 1)):
        names = [column.name for column in table.columns]
        a, b = random.sample(names, 2) if len(names) > 1 else names * 2
        number = f"{random.randrange(10, 99)}_{table.name}"
        found.append(template.replace("{a}", a).replace("{b}", b).replace("{t}", table.name).replace("#", number))
    return tuple(found)


def _changed(table: _Table, pool: Pool, random: Random) -> _Table:
    columns = []
    for column in table.columns:
        dice = random.random()
        if dice < 0.1:
            continue
        new = column
        if dice < 0.4:
            new = replace(new, type=random.choice(column.family.types))
        if 0.3 < dice < 0.5:
            new = replace(new, nullable=not new.nullable)
        if 0.45 < dice < 0.65 and column.family.defaults:
            new = replace(new, default=random.choice(("", *column.family.defaults)))
        if dice > 0.93:
            new = replace(_column(column.name, pool, random), name=column.name)
        columns.append(new)
    if random.random() < 0.4 or not columns:
        columns.insert(random.randrange(len(columns) + 1), _column(f"c{len(table.columns)}", pool, random))
    changed = replace(table, columns=tuple(columns))
    kept = [[item for item in items if random.random() < 0.75] for items in (table.inside, table.beside)]
    more = [_some(templates, changed, random, 1) for templates in (pool.inside, pool.beside)]
    option = table.option if random.random() < 0.8 else random.choice(("", *pool.options))
    return replace(changed, inside=(*kept[0], *more[0]), beside=(*kept[1], *more[1]), option=option)
