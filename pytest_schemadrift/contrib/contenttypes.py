"""A row for each model of a project: a Tortoise app, to be listed under the label ``contenttypes``.

::

    "apps": {"contenttypes": {"models": ["pytest_schemadrift.contrib.contenttypes"]}, …}

``schemadrift migrate`` adds the rows that are missing; none is ever changed or removed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tortoise import fields
from tortoise.models import Model


class ContentType(Model):
    """A model of the project: ``model`` is the name of its class."""

    id: int  # which Tortoise adds: its word for a key is not the same in all of its versions
    app_label = fields.CharField(max_length=100)
    model = fields.CharField(max_length=100)

    class Meta:
        """Where the rows are kept."""

        table = "contenttypes_contenttype"
        unique_together = (("app_label", "model"),)

    def __str__(self) -> str:
        return f"{self.app_label}.{self.model}"


Key = tuple[str, str]
"""(app label, model)."""


def keys_of(models: Iterable[type[Model]]) -> list[Key]:
    """What the content types of these models are found by."""
    return [(model.describe(serializable=False)["app"] or "", model.__name__) for model in models]


async def schemadrift_post_migrate(connection: str, models: Sequence[type[Model]]) -> None:
    """Add the content types of these models that are missing: one query, and one more where there are any."""
    wanted = keys_of(models)
    known = set(await ContentType.filter(app_label__in={app for app, _ in wanted}).values_list("app_label", "model"))
    missing = [ContentType(app_label=app, model=model) for app, model in wanted if (app, model) not in known]
    if missing:
        await ContentType.bulk_create(missing, ignore_conflicts=True)  # another migrate may be at it too
