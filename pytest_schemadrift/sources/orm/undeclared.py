"""Dependencies that migrations of Tortoise need and do not name, and those that lead in a circle.

``tortoise makemigrations`` (1.1.9) writes the first migration of an app without those on other apps, whatever keys its
models have. The first run goes by the order of the apps in the configuration and may end well; the state that every
later command makes of the files goes by the names of the apps and by the dependencies of later migrations.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_schemadrift.errors import MigrationFailed

if TYPE_CHECKING:
    from tortoise.migrations.graph import MigrationGraph, MigrationKey


@dataclass(frozen=True, slots=True)
class Undeclared:
    """A ``migration`` with keys to models that ``needs`` create, and no dependency on these; each is app and name.

    ``is_circular`` says that one of those needs the migration, too: no order of the two can be run.
    """

    migration: tuple[str, str]
    needs: tuple[tuple[str, str], ...]
    is_circular: bool

    @property
    def remedy(self) -> str:
        """What to do, as words that can follow "to fix it:"."""
        name = ".".join(self.migration)
        if self.is_circular:
            others = ", ".join(".".join(need) for need in self.needs)
            return f"move the keys of {name} to a migration of their own that depends on {others}"
        listed = ", ".join(f'("{app}", "{need}")' for app, need in self.needs)
        return f"write {listed} into the dependencies of {name}"


async def undeclared(
    apps: Mapping[str, dict[str, Any]], migration: tuple[str, str] | None = None, done: Collection[tuple[str, str]] = ()
) -> Undeclared | None:
    """What a migration needs and does not name, ``None`` where that is not the matter.

    Of ``migration``, in a database that has had those that are ``done``; without it, of the first one that comes too
    early when Tortoise makes a state of all the files. Files that cannot be read are no matter of this one.
    """
    try:
        graph = await _graph(dict(apps))
    except Exception:
        return None
    needs = _needs(graph)
    earlier = set(done) if migration else set()
    for key in _order(graph):
        if migration in (None, _pair(key)):
            named = {_pair(item) for item in graph.forwards_plan(key)}
            missing = [need for need in sorted(map(_pair, needs[key])) if need not in named | earlier]
            if missing:
                is_circular = any(key in _all_before(graph, needs, need) for need in needs[key])
                return Undeclared(_pair(key), tuple(missing), is_circular)
        if migration is None:
            earlier.add(_pair(key))
    return None


async def assert_none_passed_over(
    apps: Mapping[str, dict[str, Any]], passed_over: Mapping[tuple[str, str], Path]
) -> None:
    """Raise ``MigrationFailed`` where ``tortoise migrate`` ended well without some migrations, given with their files.

    It (1.1.9) begins at those on which no other depends. Where some depend on each other in a circle there is none, so
    that neither these nor what leads to nothing but them is ever run.
    """
    if not passed_over:
        return
    graph = await _graph(dict(apps))
    circle = _circle(graph, min(passed_over))
    names = ", ".join(map(str, circle))
    raise MigrationFailed(
        str(circle[0]),
        f"{names} depend on each other: tortoise migrate passes over them and says nothing",
        where=str(passed_over.get(_pair(circle[0]), "")),
        remedy=f"break the circle in the dependencies of {names}",
    )


def _circle(graph: MigrationGraph, start: tuple[str, str]) -> list[MigrationKey]:
    """The circle to which the dependent ones of a migration lead; the migration alone where there is none."""
    key = next(key for key in graph.nodes if _pair(key) == start)
    way = [key]
    while children := sorted(graph.node_map[way[-1]].children):
        if (child := children[0].key) in way:
            return sorted(way[way.index(child) :])
        way.append(child)
    return [key]


async def unrecorded(
    apps: Mapping[str, dict[str, Any]], done: Collection[tuple[str, str]]
) -> list[tuple[tuple[str, str], tuple[str, str]]]:
    """Migrations that are not among those that are ``done`` though one of these depends on them, each with the first.

    Tortoise (1.1.9) runs such a one at the next ``migrate``, in a database that has had what comes after it.
    """
    graph = await _graph(dict(apps))
    found: dict[tuple[str, str], tuple[str, str]] = {}
    for key in sorted(key for key in graph.nodes if _pair(key) in done):
        for before in map(_pair, graph.forwards_plan(key)):
            if before not in done:
                found.setdefault(before, _pair(key))
    return [*found.items()]


async def replacing(
    apps: Mapping[str, dict[str, Any]],
) -> dict[tuple[str, str], tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]]:
    """The migrations that say what they replace: what that is, and what must be applied before each.

    Files that cannot be read are no matter of this one.
    """
    try:
        graph = await _graph(dict(apps))
    except Exception:
        return {}
    found = {}
    for key in sorted(graph.nodes):
        if replaced := getattr(graph.nodes[key], "replaces", ()):
            before = tuple(_pair(item) for item in graph.forwards_plan(key) if item != key)
            found[_pair(key)] = tuple((str(app), str(name)) for app, name in replaced), before
    return found


async def replaced_beside(
    apps: Mapping[str, dict[str, Any]], migration: tuple[str, str], done: Collection[tuple[str, str]]
) -> str:
    """What to do where a migration fails because those that it replaces were run before it; "" where that is not so."""
    replaced, _ = (await replacing(apps)).get(migration, ((), ()))
    names = ", ".join(".".join(item) for item in replaced if item in done)
    return f"delete the files of {names}, which {'.'.join(migration)} replaces: Tortoise runs both" if names else ""


async def _graph(apps: dict[str, dict[str, Any]]) -> MigrationGraph:
    from tortoise.migrations.loader import MigrationLoader
    from tortoise.migrations.recorder import MigrationRecorder

    class Nowhere(MigrationRecorder):
        async def applied_migrations(self) -> list[MigrationKey]:
            return []

    loader = MigrationLoader(apps, Nowhere(None))  # which asks no connection
    await loader.build_graph()
    return loader.graph


def _pair(key: MigrationKey) -> tuple[str, str]:
    return key.app_label, key.name


def _order(graph: MigrationGraph) -> list[MigrationKey]:
    """The order in which Tortoise makes a state of the files: ``MigrationExecutor._full_plan`` (1.1.9)."""
    return list(dict.fromkeys(key for leaf in graph.leaf_nodes() for key in graph.forwards_plan(leaf)))


def _needs(graph: MigrationGraph) -> dict[MigrationKey, set[MigrationKey]]:
    """For each migration those that create the models of other apps which its keys lead to."""
    from tortoise.migrations.operations import AddField, AlterField, CreateModel, RenameModel

    makers: dict[tuple[str, str], MigrationKey] = {}
    led: dict[MigrationKey, set[tuple[str, str]]] = {}
    for key in sorted(graph.nodes):
        models = led[key] = set()
        for operation in getattr(graph.nodes[key], "operations", ()):
            fields = []
            if isinstance(operation, CreateModel):
                makers[key.app_label, operation.name] = key
                fields = [field for _, field in operation.fields]
            elif isinstance(operation, RenameModel):
                makers[key.app_label, operation.new_name] = key
            elif isinstance(operation, AddField | AlterField):
                fields = [operation.field]
            for field in fields:
                app, _, model = str(getattr(field, "model_name", None) or "").partition(".")
                if app != key.app_label:
                    models.add((app, model))
    return {key: {makers[model] for model in models if model in makers} for key, models in led.items()}


def _all_before(
    graph: MigrationGraph, needs: dict[MigrationKey, set[MigrationKey]], key: MigrationKey
) -> set[MigrationKey]:
    """Whatever has to be run before a migration, named or not."""
    found: set[MigrationKey] = set()
    waiting = [key]
    while waiting:
        for item in graph.forwards_plan(waiting.pop()):
            if item not in found:
                found.add(item)
                waiting += needs[item]
    return found
