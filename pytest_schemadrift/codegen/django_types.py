"""Column types as Django's fields: its own where it would make just that type, else a small class around one."""

from __future__ import annotations

import re
from dataclasses import replace

from pytest_schemadrift.codegen.choice import Choice
from pytest_schemadrift.codegen.emit import call, string

_PLAIN = {
    "postgres": {
        "integer": "IntegerField",
        "bigint": "BigIntegerField",
        "smallint": "SmallIntegerField",
        "text": "TextField",
        "boolean": "BooleanField",
        "timestamp with time zone": "DateTimeField",
        "time without time zone": "TimeField",
        "date": "DateField",
        "double precision": "FloatField",
        "interval": "DurationField",
        "jsonb": "JSONField",
        "uuid": "UUIDField",
        "bytea": "BinaryField",
        "inet": "GenericIPAddressField",
    },
    "mysql": {
        "int": "IntegerField",
        "int(11)": "IntegerField",
        "bigint": "BigIntegerField",
        "bigint(20)": "BigIntegerField",
        "smallint": "SmallIntegerField",
        "smallint(6)": "SmallIntegerField",
        "int unsigned": "PositiveIntegerField",
        "int(10) unsigned": "PositiveIntegerField",
        "bigint unsigned": "PositiveBigIntegerField",
        "bigint(20) unsigned": "PositiveBigIntegerField",
        "smallint unsigned": "PositiveSmallIntegerField",
        "smallint(5) unsigned": "PositiveSmallIntegerField",
        "longtext": "TextField",
        "tinyint(1)": "BooleanField",
        "datetime(6)": "DateTimeField",
        "time(6)": "TimeField",
        "date": "DateField",
        "double": "FloatField",
        "json": "JSONField",
        "uuid": "UUIDField",
        "longblob": "BinaryField",
    },
    "sqlite": {
        "INTEGER": "IntegerField",
        "BIGINT": "BigIntegerField",
        "SMALLINT": "SmallIntegerField",
        "TEXT": "TextField",
        "BOOL": "BooleanField",
        "DATETIME": "DateTimeField",
        "TIME": "TimeField",
        "DATE": "DateField",
        "REAL": "FloatField",
        "BLOB": "BinaryField",
    },
}
_POSTGRES_ONLY = {
    "tsvector": ("django.contrib.postgres.search", "SearchVectorField"),
    "int4range": ("django.contrib.postgres.fields", "IntegerRangeField"),
    "int8range": ("django.contrib.postgres.fields", "BigIntegerRangeField"),
    "numrange": ("django.contrib.postgres.fields", "DecimalRangeField"),
    "tstzrange": ("django.contrib.postgres.fields", "DateTimeRangeField"),
    "daterange": ("django.contrib.postgres.fields", "DateRangeField"),
    "hstore": ("django.contrib.postgres.fields", "HStoreField"),
}
_PYTHON = {
    "TextField": "str",
    "BooleanField": "bool",
    "FloatField": "float",
}
_STRING = re.compile(r"(?:character varying|varchar)\((\d+)\)", re.IGNORECASE)
_DECIMAL = re.compile(r"(?:numeric|decimal)\((\d+),(\d+)\)", re.IGNORECASE)
_UUID = re.compile(r"char\(32\)", re.IGNORECASE)


def own_field(family: str, type_: str, name: str = "") -> Choice | None:
    """Django's own field for a column type; ``name`` of the column tells a UUID from other text."""
    if field := _PLAIN[family].get(type_):
        python = "int" if "Integer" in field else _PYTHON.get(field, "other")
        return Choice(call(f"models.{field}"), python)
    if (found := _STRING.fullmatch(type_)) and int(found[1]):
        return Choice(call("models.CharField", max_length=found[1]), "str")
    if (found := _DECIMAL.fullmatch(type_)) and int(found[2]) <= int(found[1]):
        return Choice(call("models.DecimalField", max_digits=found[1], decimal_places=found[2]), "decimal")
    if family != "postgres" and _UUID.fullmatch(type_) and re.search("uuid|guid", name, re.IGNORECASE):
        return Choice(call("models.UUIDField"))
    if family == "postgres" and type_ in _POSTGRES_ONLY:
        module, field = _POSTGRES_ONLY[type_]
        return Choice(call(field), imports=((module, field),))
    if family == "postgres" and type_.endswith("[]") and (element := own_field(family, type_.removesuffix("[]"))):
        array = ("django.contrib.postgres.fields", "ArrayField")
        return Choice(call("ArrayField", element.call), imports=(array, *element.imports))
    return None


# A timestamp without time zone is none of these: Django would move its values by the zone of the project.
_FAMILIES: tuple[tuple[str, str, str], ...] = (
    (r"(tinyint\(1\)|bool|boolean)\b", "TypedBooleanField", "bool"),
    (r"(tinyint|smallint|mediumint|int|integer|bigint|int[248]|year)\b(?!erval)", "TypedIntegerField", "int"),
    (r"(character varying|varchar|nvarchar|character|nchar|char)\((?P<length>[1-9]\d*)\)", "TypedCharField", "str"),
    (r"(numeric|decimal)\((?P<digits>[1-9]\d*),\s*(?P<places>\d+)\)", "TypedDecimalField", "decimal"),
    (r"(float|double|double precision|real)\b", "TypedFloatField", "float"),
    (
        r"(tinytext|text|mediumtext|longtext|character varying|varchar|clob|citext|char|bpchar|name|enum)\b",
        "TypedTextField",
        "str",
    ),
    (r"date(?!time)\b", "TypedDateField", "other"),
    (r"timestamp\b.* with time zone|(timestamp|datetime)\b(?!.* without)", "TypedDateTimeField", "other"),
    (r"time\b(?!.* with time zone)", "TypedTimeField", "other"),
    (r"json\b|jsonb\b", "TypedJSONField", "other"),
    (r"uuid\b", "TypedUUIDField", "other"),
    (r"(tinyblob|blob|mediumblob|longblob|binary|varbinary|bytea)\b", "TypedBinaryField", "other"),
)
_FAMILY_OF = [(re.compile(pattern, re.IGNORECASE), name, python) for pattern, name, python in _FAMILIES]


def custom_field(type_: str, type_sql: str) -> Choice:
    """A class of the module's own around the nearest of Django's."""
    sql = string(type_sql)
    if not type_.endswith("[]"):
        for pattern, name, python in _FAMILY_OF:
            if found := pattern.match(type_):
                details = found.groupdict()
                if details.get("places") and int(details["places"]) > int(details["digits"]):
                    break
                made = call(
                    name,
                    max_length=details.get("length"),
                    max_digits=details.get("digits"),
                    decimal_places=details.get("places"),
                )
                return Choice(replace(made, keywords=(*made.keywords, ("sql_type", sql))), python)
    return Choice(call("PlainField", sql_type=sql))
