"""Column types as Tortoise's fields: its own where it would make just that type, else a small class around one."""

from __future__ import annotations

import re

from pytest_schemadrift.codegen.choice import Choice
from pytest_schemadrift.codegen.emit import Call, call, string
from pytest_schemadrift.schema.model import Column

_CONTRIB = "tortoise.contrib.postgres.fields"
INTEGERS = frozenset({"fields.IntField", "fields.BigIntField", "fields.SmallIntField"})


_PLAIN = {
    "postgres": {
        "integer": "IntField",
        "bigint": "BigIntField",
        "smallint": "SmallIntField",
        "text": "TextField",
        "boolean": "BooleanField",
        "timestamp with time zone": "DatetimeField",
        "time with time zone": "TimeField",
        "date": "DateField",
        "double precision": "FloatField",
        "jsonb": "JSONField",
        "uuid": "UUIDField",
        "bytea": "BinaryField",
    },
    "mysql": {
        "int": "IntField",
        "int(11)": "IntField",
        "bigint": "BigIntField",
        "bigint(20)": "BigIntField",
        "smallint": "SmallIntField",
        "smallint(6)": "SmallIntField",
        "longtext": "TextField",
        "tinyint(1)": "BooleanField",
        "datetime(6)": "DatetimeField",
        "time(6)": "TimeField",
        "date": "DateField",
        "double": "FloatField",
        "json": "JSONField",
        "longblob": "BinaryField",
    },
    "sqlite": {
        "INT": "IntField",
        "BIGINT": "BigIntField",
        "SMALLINT": "SmallIntField",
        "TEXT": "TextField",
        "TIMESTAMP": "DatetimeField",
        "TIME": "TimeField",
        "DATE": "DateField",
        "REAL": "FloatField",
        "JSON": "JSONField",
        "BLOB": "BinaryField",
    },
}
_PYTHON = {
    "IntField": "int",
    "BigIntField": "int",
    "SmallIntField": "int",
    "TextField": "str",
    "BooleanField": "bool",
    "FloatField": "float",
    "DatetimeField": "datetime",
}
_STRING = re.compile(r"(?:character varying|varchar)\((\d+)\)", re.IGNORECASE)
_DECIMAL = re.compile(r"(?:numeric|decimal)\((\d+),(\d+)\)", re.IGNORECASE)
_ARRAY = re.compile(r"([a-z][a-z0-9_ ]*(?:\([\d,]+\))?)\[\]")


def own_field(family: str, column: Column, type_sql: str) -> Choice | None:
    """Tortoise's own field for a column, where its SQL is all that the column is; ``type_sql`` is the whole type."""
    if type_sql != column.type:
        return None
    if name := _PLAIN[family].get(column.type):
        return Choice(call(f"fields.{name}"), _PYTHON.get(name, "other"))
    if found := _STRING.fullmatch(column.type):
        return Choice(call("fields.CharField", max_length=found[1]), "str") if int(found[1]) else None
    if (found := _DECIMAL.fullmatch(column.type)) and family != "sqlite":
        return Choice(call("fields.DecimalField", max_digits=found[1], decimal_places=found[2]), "decimal")
    if family == "postgres":
        if found := _ARRAY.fullmatch(column.type):
            return Choice(call("ArrayField", string(found[1])), imports=((_CONTRIB, "ArrayField"),))
        if column.type == "tsvector":
            return Choice(call("TSVectorField"), "str", ((_CONTRIB, "TSVectorField"),))
    if family != "postgres" and column.type.lower() == "char(36)" and _is_uuid(column.name):
        return Choice(call("fields.UUIDField"))
    return None


def _is_uuid(name: str) -> bool:
    lowered = name.lower()
    return "uuid" in lowered or "guid" in lowered


_FAMILIES: tuple[tuple[str, str, str], ...] = (
    (r"(tinyint\(1\)|bool|boolean)\b", "BoolColumn", "bool"),
    (r"(tinyint|smallint|mediumint|int|integer|bigint|int[248]|year)\b(?!erval)", "IntColumn", "int"),
    (r"(character varying|varchar|nvarchar|character|nchar|char)\((?P<length>[1-9]\d*)\)", "CharColumn", "str"),
    (r"(numeric|decimal)\((?P<digits>[1-9]\d*),\s*(?P<places>\d+)\)", "DecimalColumn", "decimal"),
    (r"(float|double|double precision|real)\b", "FloatColumn", "float"),
    (
        r"(tinytext|text|mediumtext|longtext|character varying|varchar|clob|citext|char|bpchar|name)\b",
        "TextColumn",
        "str",
    ),
    (r"date(?!time)\b", "DateColumn", "other"),
    (r"time(?!stamp)\b.* with time zone", "TimeColumn", "other"),
    (r"timestamp\b.* with time zone", "DatetimeColumn", "datetime"),
    (r"json\b|jsonb\b", "JSONColumn", "other"),
    (r"uuid\b", "UUIDColumn", "other"),
    (r"(tinyblob|blob|mediumblob|longblob|binary|varbinary|bytea)\b", "BinaryColumn", "other"),
)
_DATETIMES = re.compile(r"(timestamp|datetime)\b", re.IGNORECASE)
_TIMES = re.compile(r"time\b", re.IGNORECASE)
_FAMILY_OF = [(re.compile(pattern, re.IGNORECASE), name, python) for pattern, name, python in _FAMILIES]


def custom_field(family: str, column: Column, type_sql: str, *, must_index: bool = False) -> Choice:
    """A class of the module's own around the nearest of Tortoise's; ``must_index`` where it is unique or a key."""
    sql = string(type_sql)
    if not column.type.endswith("[]"):
        for pattern, name, python in _FAMILY_OF:
            if found := pattern.match(column.type):
                return Choice(_custom_call(name, sql, found.groupdict(), must_index), python)
        if family != "postgres" and _DATETIMES.match(column.type):
            return Choice(call("DatetimeColumn", sql), "datetime")
        if family != "postgres" and _TIMES.match(column.type):
            return Choice(call("TimeColumn", sql))
    return Choice(call("PlainColumn", sql))


def _custom_call(name: str, sql: str, found: dict[str, str | None], must_index: bool) -> Call:
    if name == "CharColumn":
        return call(name, sql, max_length=found["length"])
    if name == "DecimalColumn":
        return call(name, sql, max_digits=found["digits"], decimal_places=found["places"])
    if name in ("JSONColumn", "BinaryColumn") and must_index:
        return call("PlainColumn", sql)
    return call(name, sql)
