"""What the installed Tortoise has words for: a module of models must be importable with it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import import_module
from inspect import signature
from typing import Any

_ACTIONS = frozenset({"CASCADE", "RESTRICT", "SET NULL", "SET DEFAULT", "NO ACTION"})


@dataclass(frozen=True, slots=True)
class Words:
    """The words that came to Tortoise in the course of time; as they are, those of the newest.

    ``primary_key`` is what a field's option is called (``pk`` until 0.20). Without ``db_default`` (until 1.0) a Python
    default is written into the database too. ``constraints`` are the classes for ``Meta.constraints``, of which
    there are none until 0.25. With ``unique_links`` (from 0.21) the table of a many-to-many field has a unique index.
    Classes of fields are ``generic`` from 1.1 on. With ``unset_defaults`` (after 1.1.2) a value that the database gave
    and nobody fetched is told by a class of its own. ``actions`` are what ON DELETE may be.
    """

    primary_key: str = "primary_key"
    db_default: bool = True
    unset_defaults: bool = True
    constraints: frozenset[str] = frozenset({"UniqueConstraint", "CheckConstraint"})
    unique_links: bool = True
    generic: bool = True
    actions: frozenset[str] = _ACTIONS


@cache
def installed_words() -> Words:
    """The words of the Tortoise that is installed."""
    from tortoise import fields

    options = signature(fields.Field.__init__).parameters
    links = signature(fields.relational.ManyToManyFieldInstance.__init__).parameters
    return Words(
        primary_key="primary_key" if "primary_key" in options else "pk",
        db_default="db_default" in options,
        unset_defaults=hasattr(fields.base, "DatabaseDefault"),
        constraints=_constraints(),
        unique_links=bool({"unique", "create_unique_index"} & set(links)),
        actions=frozenset(action for action in _ACTIONS if _takes(action)),
        generic=bool(getattr(fields.IntField, "__parameters__", ())),
    )


def _constraints() -> frozenset[str]:
    try:
        known = import_module("tortoise.migrations.constraints")
    except ImportError:
        return frozenset()
    return frozenset(name for name in ("UniqueConstraint", "CheckConstraint") if hasattr(known, name))


def _takes(action: str) -> bool:
    """Whether a foreign key may say this: SET DEFAULT and NO ACTION came with 0.20."""
    from tortoise import fields

    field: Any = fields.relational.ForeignKeyFieldInstance
    try:
        field("a.B", on_delete=action, null=True, default=None)
    except Exception as error:
        return "on_delete can only be" not in str(error)
    return True
