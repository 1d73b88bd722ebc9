"""What the classes of models say of themselves, and how they are left as they were found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pytest_schemadrift.errors import ModelsUnavailable
from pytest_schemadrift.schema.name import Name

if TYPE_CHECKING:
    from tortoise.models import Model

__all__ = [
    "app_of",
    "assert_complete",
    "check",
    "connection_of",
    "constraints_of",
    "full_name",
    "is_abstract",
    "is_managed",
    "meta_options",
    "relations_of",
    "table_of",
    "unchanged_models",
]


def full_name(model: type[Model]) -> str:
    """``app.Model``."""
    return model._meta.full_name


def app_of(model: type[Model]) -> str:
    """The label of its app, ``""`` before it has one."""
    return model._meta.app or ""


def connection_of(model: type[Model]) -> str | None:
    """The name of the connection of its app."""
    return model._meta.default_connection


def table_of(model: type[Model]) -> Name:
    """Its table, with the schema of ``Meta.schema``."""
    return Name(model._meta.schema or "", model._meta.db_table)


def is_abstract(model: type[Model]) -> bool:
    """Whether it has no table of its own."""
    return model._meta.abstract


def is_managed(model: type[Model]) -> bool:
    """``class Meta: managed = False``, as Django writes it. Tortoise passes over what it does not know there."""
    return bool(getattr(meta_options(model), "managed", True))


def meta_options(model: type[Model]) -> Any:
    """The class ``Meta`` as it stands in the model, ``None`` where there is none."""
    return model.__dict__.get("Meta")


def constraints_of(model: type[Model]) -> tuple[Any, ...]:
    """``Meta.constraints``; a Tortoise below 1.0 passes over it, but the database's own words mean the same there."""
    known = getattr(model._meta, "constraints", None)
    if known is not None:
        return tuple(known)
    return tuple(item for item in getattr(meta_options(model), "constraints", ()) if not isinstance(item, str))


def relations_of(model: type[Model]) -> Mapping[str, str]:
    """Field -> ``app.Model`` that it refers to, as it was declared."""
    targets = {name: getattr(field, "model_name", None) for name, field in model._meta.fields_map.items()}
    return {name: target for name, target in targets.items() if isinstance(target, str) and "." in target}


def check(model: type[Model]) -> None:
    """Let Tortoise look at the options of the model's ``Meta``; raises its ``ConfigurationError``."""
    checking = getattr(model, "_check", None) or getattr(model, "check")  # noqa: B009 -- its name until 0.20
    checking()


def assert_complete(model: type[Model]) -> None:
    """An earlier ``Tortoise.init`` of this process that failed half-way leaves relations out and never adds them."""
    missing = [
        name for name in model._meta.fk_fields | model._meta.o2o_fields if f"{name}_id" not in model._meta.fields
    ]
    if missing:
        raise ModelsUnavailable(
            f"{model._meta.full_name}.{min(missing)} was left unresolved by an earlier Tortoise.init() that failed",
            hint="correct that error first; it is shown where Tortoise is initialised",
        )


_MUTABLE = (dict, set, list)


@contextmanager
def unchanged_models() -> Iterator[None]:
    """Put every model class back as it was found, its fields included; while it is open, no model has an app yet.

    (A class whose app was set by an earlier ``Tortoise.init`` would be passed over in an app of another name.)
    """
    from tortoise.models import Model

    metas = [(cls._meta, _slots(cls._meta)) for cls in _subclasses(Model)]
    fields = [(item, dict(vars(item))) for meta, _ in metas for item in meta.fields_map.values()]
    for cls in _subclasses(Model):
        cls._meta.app = getattr(cls.__dict__.get("Meta"), "app", None)
    try:
        yield
    finally:
        for meta, values in metas:
            for name, value in values.items():
                setattr(meta, name, value)
        for item, attributes in fields:
            vars(item).clear()
            vars(item).update(attributes)


def _slots(meta: Any) -> dict[str, Any]:
    """The attributes of a ``MetaInfo``; containers are copied, because Tortoise changes them in place."""
    values = {name: getattr(meta, name) for name in type(meta).__slots__ if hasattr(meta, name)}
    return {name: value.copy() if isinstance(value, _MUTABLE) else value for name, value in values.items()}


def _subclasses(cls: type[Model]) -> list[type[Model]]:
    found, waiting = {}, [cls]
    while waiting:
        for sub in waiting.pop().__subclasses__():
            if sub not in found:
                found[sub] = True
                waiting.append(sub)
    return list(found)
