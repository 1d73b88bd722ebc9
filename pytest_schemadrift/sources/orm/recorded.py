"""What Tortoise's tool and Aerich remember of the models between two migrations."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_schemadrift.core.config.tortoise import one_line
from pytest_schemadrift.errors import ConfigurationError
from pytest_schemadrift.sources.orm.undeclared import undeclared

if TYPE_CHECKING:
    from pytest_schemadrift.sources.models import LoadedModels


@dataclass(frozen=True, slots=True)
class Next:
    """What the next native migration of an app stands on, and what it has to record.

    ``operations`` are the source of what ``tortoise makemigrations`` finds for the app today.
    """

    depends_on: tuple[tuple[str, str], ...]
    operations: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()


async def next_native(loaded: LoadedModels, apps: Mapping[str, dict[str, Any]]) -> dict[str, Next]:
    """What Tortoise's own autodetector says of each app. Raises ``ConfigurationError`` where it fails."""
    from tortoise.migrations.autodetector import MigrationAutodetector

    detector = MigrationAutodetector(loaded.registry, dict(apps))
    try:
        writers = {writer.app_label: writer for writer in await detector.changes()}
        texts = {label: writer.as_string() for label, writer in writers.items()}
        state = detector._current_state()
        depends_on = {label: tuple(detector._dependencies_for_app(label, state)) for label in apps}
    except Exception as error:
        lacks = await undeclared(apps)
        raise ConfigurationError(
            f"Tortoise cannot write a migration of these models: {one_line(error)}",
            where=loaded.config.origin,
            hint=f"tortoise makemigrations fails with them too: {lacks.remedy if lacks else 'correct the models'}",
        ) from error
    found = {}
    for label in apps:
        operations, imports = _parts(texts[label]) if label in texts else ((), ())
        found[label] = Next(depends_on[label], operations, imports)
    return found


def _parts(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The operations and the imports of a migration's source."""
    tree = ast.parse(text)
    imports = tuple(ast.unparse(node) for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom))
    lists = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.List)
        and isinstance(node.targets[0], ast.Name)
        and node.targets[0].id == "operations"
    ]
    operations = tuple(ast.get_source_segment(text, item) or "" for item in lists[0].elts)
    return operations, imports


def aerich_state(app: str) -> str | None:
    """The models of an app as ``MODELS_STATE`` has them; ``None`` for an Aerich that keeps none in its files.

    For models that are loaded and queryable.
    """
    from aerich import utils

    if not hasattr(utils, "get_formatted_compressed_data"):
        return None
    state: str = ast.literal_eval("(" + utils.get_formatted_compressed_data(utils.get_models_describe(app)) + ")")
    return state


def aerich_knows_transactions() -> bool:
    """Whether the installed Aerich reads ``RUN_IN_TRANSACTION`` in a migration."""
    from aerich import migrate

    return "RUN_IN_TRANSACTION" in getattr(migrate, "MIGRATE_TEMPLATE", "")
