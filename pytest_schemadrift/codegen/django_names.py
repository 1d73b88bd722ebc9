"""Names that a module of Django models cannot give to its own classes and fields; Django itself is not asked."""

from __future__ import annotations

import builtins
from functools import cache

from pytest_schemadrift.codegen.django_helpers import HELPERS

_MODEL = """
    DoesNotExist MultipleObjectsReturned NotUpdated adelete arefresh_from_db asave check clean clean_fields
    date_error_message delete from_db full_clean get_constraints get_deferred_fields id_error pk prepare_database_save
    refresh_from_db save save_base serializable_value unique_error_message validate_constraints validate_unique objects
    get_next_in_order get_previous_in_order
"""
_IMPORTED = """
    ArrayField BigIntegerRangeField DateRangeField DateTimeRangeField Decimal DecimalRangeField GinIndex GistIndex
    BrinIndex HashIndex SpGistIndex HStoreField IntegerRangeField Meta SearchVectorField
"""


@cache
def taken_fields() -> frozenset[str]:
    """The attributes of a model, and the names that the module's classes use in their bodies.

    ``self``: a model and its managers take values by keyword beside it (Django 5.2).
    """
    return frozenset([*_MODEL.split(), "models", "self", *dir(object)])


@cache
def taken_classes() -> frozenset[str]:
    """What the module imports or brings along, and Python's own names."""
    return frozenset([*HELPERS, *_IMPORTED.split(), *dir(builtins)])
