"""What a project counts as drift, and what it does not."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from pytest_schemadrift.schema.frozen import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_schemadrift.schema.capabilities import Capabilities
    from pytest_schemadrift.schema.changes import SimpleChange
    from pytest_schemadrift.schema.model import Name, Table

Severity = Literal["ignore", "warn", "fail"]
COLUMN_STORAGE = frozenset(("storage", "compression"))
"""Options of a column about how its values are stored, which no model can say."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What counts. ``whole`` says that the wanted side is complete (a DDL file, not models).

    Of a complete description, what it does not mention is not wanted: nothing is adopted because a model
    could not say it.
    """

    names: Literal["shape", "strict"] = "shape"
    column_order: bool = False
    column_storage: bool = False
    """How values are stored counts: both sides can say it, which models cannot."""
    comments: bool = True
    extra_defaults: Severity = "warn"
    python_defaults: bool = False
    """The wanted side writes defaults of Python as the database's, and the project's migrations may leave them out."""
    unmanaged: Severity = "warn"
    yet_to_come: frozenset[Name] = frozenset()
    """Tables that the wanted side is going to have: one that is there already is a difference, not unmanaged."""
    whole: bool = False
    excluded: frozenset[Name] = frozenset()
    """Tables that are never looked at, whichever side has them."""
    shared_names: frozenset[str] = frozenset()
    """The kinds of things whose names are one in a schema, not in a table (``Capabilities.shared_names``)."""
    case_insensitive_tables: bool = False
    case_insensitive_columns: bool = False
    """``Name`` and ``name`` are one to the server: what differs in nothing else is spelled as in the database."""
    has_storage: Callable[[str], bool] = lambda type_: True
    """Whether a column that gets such a type keeps how its values are stored (``Capabilities.has_storage``)."""
    keeps_default: Callable[[str, str], bool] = str.__eq__
    """Whether the default of a column is still one under another type (``Capabilities.keeps_default``)."""
    as_collated: Callable[[Table, Table], Table] = lambda old, new: new
    """The wanted table as one of a server of another time would have it (``Capabilities.as_collated``)."""


def suited(policy: Policy, capabilities: Capabilities) -> Policy:
    """The policy with what the server's abilities settle: comments, shared names, and their case."""
    return replace(
        policy,
        comments=policy.comments and capabilities.comments,
        shared_names=capabilities.shared_names,
        case_insensitive_tables=capabilities.case_insensitive_tables,
        case_insensitive_columns=capabilities.case_insensitive_columns,
        has_storage=capabilities.has_storage,
        keeps_default=capabilities.keeps_default,
        as_collated=capabilities.as_collated,
    )


@dataclass(frozen=True, slots=True)
class Ignored:
    """A difference that is there and does not count, with the reason in a few words.

    ``accepted`` is what a person accepts (a hook, an ignore rule, the baseline); the rest no project counts that is
    configured so.
    """

    change: SimpleChange
    reason: str
    accepted: bool = False
