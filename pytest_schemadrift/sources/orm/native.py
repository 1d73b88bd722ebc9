"""Tortoise's own migrations, run by its ``MigrationExecutor`` (1.0 and later)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tortoise.backends.base.client import BaseDBAsyncClient
    from tortoise.migrations.migration import Migration

__all__ = ["Operation", "migrate", "own_statements", "running_operation", "unapply"]


async def migrate(
    client: BaseDBAsyncClient,
    apps: dict[str, dict[str, Any]],
    targets: Mapping[str, Sequence[str]],
    progress: Callable[[str, str, str], None],
) -> None:
    """Run these migrations of each app, which may be ``__latest__``, and what they depend on.

    ``progress`` hears what begins and ends. Raises whatever a migration raises.
    """
    from tortoise.migrations.executor import MigrationExecutor, MigrationTarget

    executor = MigrationExecutor(client, apps)
    wanted = [MigrationTarget(label, name) for label, names in targets.items() for name in names]
    await executor.migrate(wanted, progress=progress)


async def unapply(
    client: BaseDBAsyncClient,
    apps: dict[str, dict[str, Any]],
    gone: Mapping[str, Sequence[str]],
    progress: Callable[[str, str, str], None],
) -> None:
    """Take back exactly these migrations, named by app, the last one first.

    A target of the executor would not do: it takes back all that depends on it, migrations of other apps included that
    were there before. Raises whatever a migration raises.
    """
    from tortoise.migrations.executor import MigrationExecutor, PlanStep
    from tortoise.migrations.graph import MigrationKey
    from tortoise.migrations.migration import Migration

    keys = {MigrationKey(app, name) for app, names in gone.items() for name in names}

    class Back(MigrationExecutor):
        def _migration_plan(self, targets: object, applied: object, graph: Any) -> list[PlanStep]:
            nodes = [graph.nodes[key] for key in reversed(self._full_plan()) if key in keys]
            return [PlanStep(node, backward=True) for node in nodes if isinstance(node, Migration)]

    await Back(client, apps).migrate([], progress=progress)


@contextmanager
def own_statements() -> Iterator[None]:
    """Keep apart what Tortoise remembers of INSERT statements, for the length of the block.

    It does so by connection and table, for the whole process: a migration that writes rows with the model of its time
    would leave a statement without the newer columns, and a test's ``create`` would lose their values.
    """
    from tortoise.backends.base import executor

    remembered = executor.EXECUTOR_CACHE
    before = dict(remembered)
    remembered.clear()
    try:
        yield
    finally:
        remembered.clear()
        remembered.update(before)


@dataclass(frozen=True, slots=True)
class Operation:
    """The operation that was running, and its place among those of its migration."""

    value: Any
    place: int


def running_operation(trace: TracebackType | None) -> Operation | None:
    """Tortoise's error does not say which operation it comes from; the frame of ``Migration.apply`` does."""
    from tortoise.migrations.migration import Migration

    for frame in _frames(trace):
        migration: Migration | None = frame.f_locals.get("self")
        if frame.f_code.co_name == "apply" and isinstance(migration, Migration):
            value = frame.f_locals.get("operation")
            place = next((n for n, item in enumerate(migration.operations) if item is value), -1)
            return Operation(value, place) if place >= 0 else None
    return None


def _frames(trace: TracebackType | None) -> Iterator[Any]:
    while trace is not None:
        yield trace.tb_frame
        trace = trace.tb_next
