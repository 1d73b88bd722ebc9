"""What may be done with the models of a project: a Tortoise app, to be listed under the label ``permissions``.

::

    "apps": {
        "contenttypes": {"models": ["pytest_schemadrift.contrib.contenttypes"]},
        "permissions": {"models": ["pytest_schemadrift.contrib.permissions"]},
        …
    }

Every model has the permissions add, change, delete and view, and those of its own::

    class Order(Model):
        class Meta:
            permissions = ["ship", ("refund", "Can give the money back")]

``schemadrift migrate`` adds those that are missing and corrects their descriptions; none is ever removed.
"""

from __future__ import annotations

from collections.abc import Sequence

from tortoise import fields
from tortoise.models import Model

from pytest_schemadrift.errors import ConfigurationError

DEFAULT = ("add", "change", "delete", "view")
"""The permissions of every model."""
_LONGEST_NAME, _LONGEST_DESCRIPTION = 100, 255


class Permission(Model):
    """Something that may be done (``perm``) with the rows of a model."""

    id: int  # which Tortoise adds: its word for a key is not the same in all of its versions
    content_type: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "contenttypes.ContentType", related_name="permissions", on_delete=fields.CASCADE
    )
    perm = fields.CharField(max_length=_LONGEST_NAME)
    description = fields.CharField(max_length=_LONGEST_DESCRIPTION)

    class Meta:
        """Where the rows are kept."""

        table = "permissions_permission"
        unique_together = (("content_type", "perm"),)

    def __str__(self) -> str:
        return self.perm


def permissions_of(model: type[Model]) -> dict[str, str]:
    """The permissions on a model, with their descriptions. Raises ``ConfigurationError`` for a wrong ``Meta``."""
    found = {perm: _description(perm, model) for perm in DEFAULT}
    own = getattr(getattr(model, "Meta", None), "permissions", ())
    if isinstance(own, str) or not isinstance(own, Sequence):
        raise _wrong(model, own, "a list of names and (name, description) pairs")
    for item in own:
        perm, description = (item, "") if isinstance(item, str) else _pair(model, item)
        if not 0 < len(perm) <= _LONGEST_NAME or len(description) > _LONGEST_DESCRIPTION:
            raise _wrong(model, item, f"a name of at most {_LONGEST_NAME}, a description of {_LONGEST_DESCRIPTION}")
        found[perm] = description or _description(perm, model)
    return found


def _description(perm: str, model: type[Model]) -> str:
    return f"Can {perm.replace('_', ' ')} {model.__name__}"[:_LONGEST_DESCRIPTION]


def _pair(model: type[Model], item: object) -> tuple[str, str]:
    match item:
        case [str() as perm, str() as description]:
            return perm, description
        case _:
            raise _wrong(model, item, "a name or a (name, description) pair")


def _wrong(model: type[Model], value: object, wanted: str) -> ConfigurationError:
    return ConfigurationError(
        f"Meta.permissions of {model.describe(serializable=False)['name']} has {value!r}: it must be {wanted}",
        where=f"{model.__module__}.{model.__qualname__}",
        hint='write permissions = ["ship", ("refund", "Can give the money back")]',
    )


async def schemadrift_post_migrate(connection: str, models: Sequence[type[Model]]) -> None:
    """Add the permissions on these models that are missing, and correct descriptions: two queries, four at most.

    Their content types must be there. Raises ``ConfigurationError`` for a wrong ``Meta.permissions``.
    """
    from pytest_schemadrift.contrib.contenttypes import ContentType, keys_of

    wanted = {key: permissions_of(model) for key, model in zip(keys_of(models), models, strict=True)}
    apps = {app for app, _ in wanted}
    rows = await ContentType.filter(app_label__in=apps).values_list("id", "app_label", "model")
    types = {(app, model): number for number, app, model in rows}
    stored = await Permission.filter(content_type__app_label__in=apps)
    known = {(item.content_type_id, item.perm): item for item in stored}  # type: ignore[attr-defined]
    missing, changed = [], []
    for key, permissions in wanted.items():
        for perm, description in permissions.items():
            item = known.get((types[key], perm))
            if item is None:
                missing.append(Permission(content_type_id=types[key], perm=perm, description=description))
            elif item.description != description:
                item.description = description
                changed.append(item)
    if missing:
        await Permission.bulk_create(missing, ignore_conflicts=True)  # another migrate may be at it too
    if changed:
        await Permission.bulk_update(changed, ["description"])
