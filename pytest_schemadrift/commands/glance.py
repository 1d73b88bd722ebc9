"""Whether a database was found in sync before, told with hardly an import and without the DDL of the models.

It is for the start of an application, which waits for it. What ``known`` remembers under a key of settings, DDL and
digest is remembered here under all that these are made of, unread: the project's file, what the connections are, what
the models say (``orm.fingerprint``), and what one question to the server answers. Where there is no such question, or
no such fingerprint, nothing is known here.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_schemadrift.core.cache import key_of, store, stored
from pytest_schemadrift.dialects import ask_at_once
from pytest_schemadrift.schema.name import Name
from pytest_schemadrift.shown import mask_error
from pytest_schemadrift.sources import orm
from pytest_schemadrift.sources.orm.classes import connection_of, full_name
from pytest_schemadrift.sources.orm.fingerprint import fingerprint

if TYPE_CHECKING:
    from tortoise.models import Model

    from pytest_schemadrift.dialects.at_once import Answer
    from pytest_schemadrift.dialects.base import Dialect
    from pytest_schemadrift.schema.capabilities import ServerInfo

_KIND, _MODELS = "in-sync-at-a-glance", "in-sync-at-a-glance-models"
_IN_SYNC = Name("", "in sync")


class Glance:
    """One connection of a running application, its models, and the project's settings, as they are now."""

    def __init__(self, apps: orm.Apps, name: str, project_dir: Path) -> None:
        self.client = apps.client(name)
        self._ask = ask_at_once(self.client.capabilities.dialect)
        every = list(apps.models())
        self._models: list[type[Model]] = [model for model in every if connection_of(model) == name]
        around = sorted({str(connection_of(model)) for model in every})
        connections = {other: _without_secrets(settings) for other, settings in orm.running_connections().items()}
        self._place = [name, connections, around, _settings(project_dir)]
        self._key = ""
        self.answer: Answer | None = None
        """What the server has answered, where it was asked whether it is known."""

    async def is_known(self) -> bool:
        """Whether the database was found in sync with these models; it is asked only where some database was."""
        if self._ask is None or stored(_MODELS, self._key_of_names(), (Name,)) is None:
            return False
        self.answer = await self._ask(self.client, self._depend_on_models)
        return bool(self.answer and self._key) and stored(_KIND, key_of(self._key, self.answer), (Name,)) is not None

    async def remember(self, dialect: Dialect, info: ServerInfo, digest: str) -> None:
        """Keep that a server of these facts and this digest was found in sync, unless it has changed meanwhile."""
        if self._ask is None or dialect.told_at_once is None:
            return
        answer = self.answer or await self._ask(self.client, self._depend_on_models)
        if answer and self._key and dialect.told_at_once(answer) == (info, digest):
            store(_KIND, key_of(self._key, answer), (Name,), _IN_SYNC)
            store(_MODELS, self._key_of_names(), (Name,), _IN_SYNC)

    def _depend_on_models(self) -> None:
        """Told while the server works."""
        if not self._key and (models := fingerprint(self._models, self.client)) is not None:
            self._key = key_of(*self._place, models)

    def _key_of_names(self) -> str:
        return key_of(*self._place, *map(full_name, self._models))


def _settings(project_dir: Path) -> object:
    """The project's file as it stands there; ``None`` where there is none. Raises ``OSError``."""
    try:
        return (project_dir / "pyproject.toml").read_bytes()
    except FileNotFoundError:
        return None


def _without_secrets(settings: Any) -> object:
    """The settings of a connection as a text: who asks, and the password, make no other schema of it."""
    if isinstance(settings, Mapping):
        return [(name, _without_secrets(value)) for name, value in settings.items() if name not in ("user", "password")]
    is_plain = isinstance(settings, str | bool | int | float | list | tuple | type(None))
    return mask_error(repr(settings)) if is_plain else type(settings)
