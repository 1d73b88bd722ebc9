"""The hooks of a project, for a check that may have nothing to ask: pluggy takes longer to import than a look."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_schemadrift.commands.conftests import conftests

if TYPE_CHECKING:
    import pluggy

    from pytest_schemadrift.schema.changes import SimpleChange


class ProjectHooks:
    """The hooks of a project, loaded once: as soon as they are made where a conftest has one, else when first asked.

    A conftest may do anything when it is imported, so it comes before the models; an entry point of a package is only
    looked for where there is something to ask about, which a check in sync has not.
    """

    def __init__(self, project_dir: Path) -> None:
        """Raises ``ConfigurationError``, as ``project_hooks``."""
        self._conftests = conftests(project_dir)
        self._loaded: pluggy.HookRelay | None = None
        if self._conftests:
            self.load()

    def load(self) -> pluggy.HookRelay:
        """All of them. Raises ``ConfigurationError``."""
        if self._loaded is None:
            from pytest_schemadrift.commands.hooks import load_hooks

            self._loaded = load_hooks(self._conftests)
        return self._loaded

    def ignore(self, change: SimpleChange) -> str | None:
        """What ``ignore_by`` of them says. Raises ``ConfigurationError``."""
        from pytest_schemadrift.commands.hooks import ignore_by

        asked = ignore_by(self.load())
        return asked(change) if asked is not None else None

    async def prepare(self, connection: str, url: str) -> bool:
        """Whether one of them brought an empty database to the state under test. Raises what it raises."""
        from pytest_schemadrift.commands.hooks import awaited

        ask = self.load().schemadrift_prepare_database
        return bool(await awaited(await asyncio.to_thread(ask, connection=connection, url=url)))
