"""The only place that knows Tortoise's insides: the rest of the package names nothing private of it.

Tortoise comes in three generations, told apart by what is there and never by a version number:

===================  ==========================================================================================
classic (to 0.25)    one set of apps and connections for the whole process (``classic``); Python defaults become
                     defaults of the database; no migrations of its own. Up to 0.23 its generator writes a table in
                     one go (``generator.WholeTableGenerator``)
1.0                  contexts (``contexts``), migrations, ``Meta.schema`` in DDL; Python defaults as before
1.1                  ``db_default``, and (later) ``Meta.constraints``
===================  ==========================================================================================

``load`` imports nothing and connects to nothing: it takes the modules of the models, resolves their relations as
``Tortoise.init`` does, and leaves every class as it was found.
"""

from __future__ import annotations

import re
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from importlib.util import find_spec
from inspect import signature
from types import ModuleType
from typing import TYPE_CHECKING, Any, Protocol

from pytest_schemadrift.errors import ConfigurationError, ModelsUnavailable
from pytest_schemadrift.sources.orm.classes import assert_complete, unchanged_models
from pytest_schemadrift.sources.orm.version import assert_tortoise, behind

if TYPE_CHECKING:
    from tortoise.backends.base.client import BaseDBAsyncClient
    from tortoise.models import Model

    from pytest_schemadrift.core.config.tortoise import TortoiseConfig

__all__ = ["Apps", "has_contexts", "load", "python_defaults_vary", "running", "running_connections"]

Modules = Mapping[str, list[ModuleType]]


class Apps(Protocol):
    """The apps of one load: their models with all relations resolved, and their connections."""

    def models(self) -> Iterable[type[Model]]:
        """Every model, app by app, in Tortoise's order."""

    def client(self, connection: str) -> BaseDBAsyncClient:
        """Tortoise's client of a connection, which connects to nothing until a query is made."""

    @property
    def registry(self) -> Any:
        """Tortoise's own value for the apps."""

    def make_queryable(self) -> None:
        """Let the models make queries, as after ``Tortoise.init``."""

    async def close(self) -> None:
        """Close every connection that was opened."""


def has_contexts() -> bool:
    """Whether this Tortoise keeps its apps in contexts (1.0 and later)."""
    return find_spec("tortoise.context") is not None


def python_defaults_vary() -> bool:
    """Whether ``generate_schemas`` makes defaults of the database of Python's, and Tortoise's own migrations do not.

    So it is in 1.0; before there are no such migrations, and from 1.1 on ``db_default`` is another thing.
    """
    from tortoise.fields import Field

    return has_contexts() and "db_default" not in signature(Field.__init__).parameters


def _adapter() -> Callable[[TortoiseConfig, Modules], AbstractContextManager[Apps]]:
    if has_contexts():
        from pytest_schemadrift.sources.orm import contexts

        return contexts.opened
    from pytest_schemadrift.sources.orm import classic

    return classic.opened


@contextmanager
def load(config: TortoiseConfig, modules: Modules) -> Iterator[tuple[Apps, tuple[str, ...]]]:
    """Resolve the relations of the models in ``modules``; yields the apps and what Tortoise warned of.

    Tortoise keeps much of its state in the model classes (their app, connection, table name, resolved relations), and
    the classic one keeps the rest in globals. On leaving, all of it is as it was. Raises ``ModelsUnavailable`` with
    Tortoise's reason, ``ConfigurationError`` where there is no Tortoise that we know.
    """
    from pytest_schemadrift.core.config.tortoise import one_line

    assert_tortoise()
    try:
        opened = _adapter()
    except ImportError as error:
        raise behind(error) or error from None
    with unchanged_models(), ExitStack() as stack:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                apps = stack.enter_context(opened(config, modules))
            except Exception as error:
                raise behind(error) or ModelsUnavailable(
                    f"Tortoise refuses the models: {one_line(error)}",
                    where=config.origin,
                    hint="correct the models: Tortoise.init() fails with them too",
                ) from None
        for model in apps.models():
            assert_complete(model)
        notices = tuple(_told(str(warning.message)) for warning in caught)
        if any(f'Module "{name}" has no models' in notices for name in ("__main__", _started_as())):
            raise ModelsUnavailable(
                "the models are looked for in __main__, which is another program now and has none",
                where=config.origin,
                hint="name their module as it is imported: main for main.py",
            )
        yield apps, notices


def _started_as() -> str:
    """What ``__main__`` is called where the process was started with ``python -m``: ``pytest.__main__``."""
    spec = getattr(sys.modules.get("__main__"), "__spec__", None)
    return spec.name if spec is not None else "__main__"


def _told(warning: str) -> str:
    """What Tortoise warned of; of a module without models (0.19 to 1.1) it prints the ``repr``, with its path."""
    return re.sub(r"""^Module "<module '([^']+)'.*>" has no models$""", r'Module "\1" has no models', warning)


def running() -> Apps:
    """The apps of the process as ``Tortoise.init`` left them, with its own connections.

    Raises ``ConfigurationError`` where Tortoise is not initialised.
    """
    assert_tortoise()
    if has_contexts():
        from pytest_schemadrift.sources.orm import contexts

        found: Apps | None = contexts.running()
    else:
        from pytest_schemadrift.sources.orm import classic

        found = classic.running()
    if found is None:
        raise ConfigurationError(
            "Tortoise is not initialised", hint="call it after Tortoise.init, or within RegisterTortoise"
        )
    return found


def running_connections() -> Mapping[str, object]:
    """The ``connections`` that the process gave to ``Tortoise.init``; to be asked once ``running`` has answered."""
    if has_contexts():
        from pytest_schemadrift.sources.orm import contexts

        return contexts.running_connections()
    from pytest_schemadrift.sources.orm import classic

    return classic.running_connections()
