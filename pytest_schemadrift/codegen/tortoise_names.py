"""Names that a module of Tortoise models cannot give to its own classes and fields."""

from __future__ import annotations

import builtins
from functools import cache

from pytest_schemadrift.codegen.tortoise_helpers import HELPERS


@cache
def taken_fields() -> frozenset[str]:
    """The attributes of a model, and the names that the module's classes use in their bodies."""
    from tortoise.models import Model

    methods = {name for cls in (Model, type(Model)) for name in dir(cls)}
    return frozenset(methods) | {"fields", "key", "key_fields", "own_row", "pk", "datetime"}


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
