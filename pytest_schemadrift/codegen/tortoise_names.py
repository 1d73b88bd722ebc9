"""Names that a module of Tortoise models cannot give to its own classes and fields."""

from __future__ import annotations

import builtins
import inspect
from collections.abc import Iterable, Iterator
from functools import cache

from pytest_schemadrift.codegen.tortoise_helpers import HELPERS
from pytest_schemadrift.schema.model import Table


@cache
def taken_fields() -> frozenset[str]:
    """The attributes of a model, the parameters of its methods, and what the module's classes use in their bodies.

    The value of a field named as a parameter goes elsewhere: ``create(using_db=…)`` takes it for a connection.
    """
    from tortoise.models import Model
    from tortoise.queryset import QuerySet

    methods = {name for cls in (Model, type(Model)) for name in dir(cls)}
    parameters = {name for cls in (Model, QuerySet) for name in _parameters_beside_values(cls)}
    return frozenset(methods | parameters) | {"fields", "key", "key_fields", "own_row", "pk", "datetime"}


def _parameters_beside_values(cls: type) -> Iterator[str]:
    """Parameters of the methods that take fields' values or conditions by keyword."""
    for method in vars(cls).values():
        function = getattr(method, "__func__", method)
        if not inspect.isfunction(function):
            continue
        parameters = inspect.signature(function).parameters.values()
        if any(one.kind is one.VAR_KEYWORD for one in parameters):
            yield from (one.name for one in parameters if one.kind in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY))


def columns_out_of_reach(tables: Iterable[Table]) -> list[str]:
    """A sentence about columns for which Tortoise (0.19 to 1.1) makes no instance, whatever their field is called.

    ``Model._init_from_db(cls, **row)`` gets the row by the names of its columns.
    """
    names = [f"{table.name}.{column.name}" for table in tables for column in table.columns if column.name == "cls"]
    if not names:
        return []
    return [f"columns whose rows Tortoise reads by values() or only() alone: {', '.join(names)}"]


@cache
def taken_classes() -> frozenset[str]:
    """What the module imports or brings along, and Python's own names."""
    imported = {name for helper in HELPERS.values() for _, name in helper.imports}
    return frozenset({*imported, *HELPERS, *_IMPORTED, *dir(builtins)})


_IMPORTED = frozenset(
    [
        *("ArrayField", "TSVectorField", "Decimal", "Index", "CheckConstraint", "UniqueConstraint", "StrEnum"),
        *("GinIndex", "GistIndex", "BrinIndex", "HashIndex", "SpGistIndex", "BloomIndex"),
        *("FullTextIndex", "SpatialIndex", "Meta", "AnyField"),
    ]
)
