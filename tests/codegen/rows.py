"""A row for every model that ``reverse`` wrote: made through Tortoise, and read back."""

from __future__ import annotations

import datetime
import ipaddress
import re
import struct
from collections.abc import Callable, Collection, Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

NOW = datetime.datetime(2024, 5, 17, 12, 30, 15)
UTC = NOW.replace(tzinfo=datetime.UTC)


def _point(srid: int) -> bytes:
    """A point as MySQL stores it: the reference system before the well-known binary."""
    return struct.pack("<IBIdd", srid, 1, 1, 48.2, 16.4)


def _range(lower: object, upper: object) -> object:
    from asyncpg import Range

    return Range(lower, upper)


PLAIN: dict[str, Callable[[], object]] = {
    r"timestamp(\(\d\))? without": lambda: NOW,
    r"time(\(\d\))? without": NOW.time,
    r"interval": lambda: datetime.timedelta(days=2, seconds=3),
    r"numeric(?!.*\[)": lambda: Decimal("12.5"),
    r"inet6": lambda: "::1",
    r"inet": lambda: ipaddress.ip_address("10.0.0.1"),
    r"macaddr": lambda: "08:00:2b:01:02:03",
    r"int4range": lambda: _range(1, 5),
    r"tstzrange": lambda: _range(UTC, UTC + datetime.timedelta(hours=1)),
    r"bit varying": lambda: __import__("asyncpg").BitString("101"),
    r"bit\(8\)": lambda: __import__("asyncpg").BitString("10110000"),
    r"bit\(4\)": lambda: b"\x05",
    r"money": lambda: "$1.50",
    r"xml": lambda: "<a>b</a>",
    r"vector": lambda: struct.pack("<3f", 1, 2, 3),
    r"tsvector": lambda: "'a':1 'b':2",
    r"point SRID 4326": lambda: _point(4326),
    r"(point|geometry)": lambda: _point(0),
    r"set\('new'": lambda: "new",
    r"set": lambda: "a",
    r"numeric.*\[\]": lambda: [Decimal("1.5")],
    r"": lambda: "de",
}
"""SQL type -> a value, for columns whose values the driver takes and gives as they are."""
POSTGRES_PLAIN: dict[str, Callable[[], object]] = {
    r"point": lambda: __import__("asyncpg").Point(1, 2),
    r"vector\(": lambda: "[1,2,3]",
}
ARRAYS = {"int": [1, 2], "numeric": [Decimal("1.5")]}


def value_of(field: Any, dialect: str) -> Any:
    """A value that the field's column takes."""
    from tortoise import fields
    from tortoise.contrib.postgres.fields import ArrayField, TSVectorField
    from tortoise.fields.data import CharEnumFieldInstance

    family = "postgres" if dialect == "postgres" else "sqlite" if dialect == "sqlite" else "mysql"
    sql = str(field.get_for_dialect(family, "SQL_TYPE"))
    if isinstance(field, CharEnumFieldInstance):
        return next(iter(field.enum_type))
    simple: list[tuple[type, Any]] = [
        (fields.BooleanField, True),
        (fields.IntField, 2024 if sql.startswith("year") else 50),
        (fields.FloatField, 1.5),
        (fields.DateField, NOW.date()),
        (fields.DatetimeField, UTC),
        (fields.TimeField, UTC.timetz() if dialect == "postgres" else NOW.time()),
        (fields.JSONField, {"a": [1]}),
        (fields.UUIDField, UUID(int=7)),
        (fields.BinaryField, b"0123456789abcdef"),
        (TSVectorField, "'a':1 'b':2"),
    ]
    for cls, value in simple:
        if isinstance(field, cls):
            return value
    if isinstance(field, fields.DecimalField):
        return Decimal(1).quantize(field.quant)
    if isinstance(field, ArrayField):
        element = field.element_type.lower()
        return next((value for name, value in ARRAYS.items() if element.startswith(name)), ["new"])
    if isinstance(field, fields.CharField):
        return "de"[: field.max_length]
    if field.field_type is str:
        return "de"
    kinds = POSTGRES_PLAIN | PLAIN if dialect == "postgres" else PLAIN
    return next(made() for pattern, made in kinds.items() if re.match(pattern, sql, re.IGNORECASE))


def same(found: Any, given: Any) -> bool:
    """Whether what came back is what was stored; fixed lengths are filled up, and times may change their zone."""
    if isinstance(given, str) and isinstance(found, str):
        return found.rstrip() == given
    if isinstance(given, datetime.datetime) and isinstance(found, datetime.datetime) and found.tzinfo and given.tzinfo:
        return found == given
    if isinstance(given, datetime.time):
        text = found if not isinstance(found, datetime.timedelta) else (NOW.min + found).time()
        return bool(text == given or text.replace(tzinfo=None) == given.replace(tzinfo=None))
    if isinstance(given, float | Decimal) and not isinstance(found, str):
        return abs(float(found) - float(given)) < 1e-6
    return bool(found == given)


async def use(models: list[Any], dialect: str, own: Mapping[str, Any], changing: Collection[str]) -> dict[str, Any]:
    """Insert one row of each model and read it back; model -> its instance.

    A row is left out where a key needs one that is not there (tables in a circle). Models must come after those that
    they refer to; nullable keys to what is not there yet stay empty. ``own`` are values for fields by name, where a
    constraint asks for them; of the fields in ``changing``, triggers change the values.
    """
    made: dict[str, Any] = {}
    waiting = list(models)
    while waiting:
        left = [model for model in waiting if not await _insert(model, made, dialect, own, changing)]
        if len(left) == len(waiting):
            break
        waiting = left
    return made


def _is_given(field: Any) -> bool:
    """Defaults are the database's to give; a number's may be against a CHECK."""
    from tortoise import fields

    return not field.has_db_default() or (isinstance(field, fields.IntField) and not field.pk)


async def _insert(
    model: Any, made: dict[str, Any], dialect: str, own: Mapping[str, Any], changing: Collection[str]
) -> bool:
    from tortoise.fields.relational import ForeignKeyFieldInstance

    given: dict[str, Any] = {}
    for name, field in model._meta.fields_map.items():
        if isinstance(field, ForeignKeyFieldInstance):
            target = made.get(field.related_model.__name__)
            if target is not None:
                given[name] = target
            elif not field.null:
                return False
        elif field.has_db_field and field.reference is None and not field.generated and _is_given(field):
            given[name] = own[name] if name in own else value_of(field, dialect)
    created = made[model.__name__] = await model.create(**given)
    row = await model.all().first()
    for name, value in given.items():
        if name in model._meta.fields_db_projection:
            assert name in changing or same(getattr(row, name), value), (
                model.__name__,
                name,
                getattr(row, name),
                value,
            )
        else:
            assert getattr(row, f"{name}_id") == getattr(created, f"{name}_id")
            assert (await getattr(row, name)) == value
    return True
