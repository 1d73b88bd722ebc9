"""The hooks that projects and packages may implement, and who is asked.

An implementation is a plain function of that name. Command line and pytest ask the modules of the entry-point group
``schemadrift`` and the ``conftest.py`` files that pytest loads at its start; pytest also asks its plugins.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pluggy

from pytest_schemadrift.commands.conftests import assert_all_heard, conftests
from pytest_schemadrift.core.aside import printed_aside
from pytest_schemadrift.core.config.tortoise import one_line
from pytest_schemadrift.core.installed import entry_points_of
from pytest_schemadrift.errors import ConfigurationError

if TYPE_CHECKING:
    from pytest_schemadrift.planning.ignoring import Ignore
    from pytest_schemadrift.report.formats import Format
    from pytest_schemadrift.schema.changes import SimpleChange

PROJECT = "schemadrift"
GROUP = "schemadrift"
"""Of entry points: ``[project.entry-points.schemadrift]`` maps any name to a module with hooks."""

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)
"""Not needed for an implementation, but takes its options: ``@hookimpl(tryfirst=True)``."""


@hookspec(firstresult=True)
def schemadrift_ignore_change(change: SimpleChange) -> str | bool | None:
    """Say that a change is no drift: a reason (or ``True``) ignores it, ``None`` lets others decide.

    An ignored change is counted in every report, and ``-v`` lists it with its reason::

        def schemadrift_ignore_change(change):
            if isinstance(change, CreateIndex) and change.table.name == "events":
                return "built by hand at night"
    """


@hookspec(firstresult=True)
def schemadrift_prepare_database(connection: str, url: str) -> bool | None:
    """Bring a database that was spun up, and is empty, to the state under test; return ``True`` where that is done.

    Called before the fixture ``schemadrift_prepare`` (on the command line: before the project's migrations), which is
    left out if an implementation answers ``True``. It may be an ``async def``.
    """


@hookspec
def schemadrift_post_migrate(connection: str, models: Sequence[type]) -> None:
    """Do what must follow the creation of these models' tables: fill content types, permissions, first rows.

    It may be an ``async def``.
    """


@hookspec
def schemadrift_report_header() -> str | list[str] | None:
    """Return lines to add to the header of a pytest run with ``--schema-drift``."""


@hookspec
def schemadrift_report_formats() -> Mapping[str, Format] | None:
    """Return formats of your own for ``--format``: ``(drifts, look) -> text`` by name.

    Offered by an entry point; a name that is one of ours is not asked for::

        def schemadrift_report_formats():
            return {"slack": report_slack}
    """


def report_formats() -> dict[str, Format]:
    """The formats that installed packages add. Raises ``ConfigurationError``."""
    return {name: format_ for found in load_hooks().schemadrift_report_formats() for name, format_ in found.items()}


class _Manager(pluggy.PluginManager):
    """Takes functions by their names, as pytest does."""

    def parse_hookimpl_opts(self, plugin: object, name: str) -> pluggy.HookimplOpts | None:
        if not name.startswith(f"{PROJECT}_"):
            return None
        attribute = getattr(plugin, name, None)
        if not (inspect.isfunction(attribute) or inspect.ismethod(attribute)):
            return None  # a pytest fixture of ours, overridden
        if hasattr(attribute, "_pytestfixturefunction"):  # the same, as pytest marks it before 8.4
            return None
        return super().parse_hookimpl_opts(plugin, name) or _UNMARKED


_UNMARKED = pluggy.HookimplOpts(
    wrapper=False, hookwrapper=False, optionalhook=False, tryfirst=False, trylast=False, specname=None
)


def load_hooks(plugins: Iterable[tuple[str, object]] = ()) -> pluggy.HookRelay:
    """The hooks of the entry-point group and of these (name, module or object) plugins, the latter asked first.

    Raises ``ConfigurationError`` for an unknown hook or argument, and for an entry point that cannot be imported.
    """
    manager = _Manager(PROJECT)
    manager.add_hookspecs(sys.modules[__name__])
    _have_printed_aside(manager)
    try:
        for name, plugin in (*_entry_points(), *plugins):
            if not manager.is_registered(plugin):
                manager.register(plugin, name)
        manager.check_pending()
    except pluggy.PluginValidationError as error:
        raise ConfigurationError(
            f"a hook of schemadrift is wrong: {one_line(error)}", hint="see the hooks in docs/pytest.md"
        ) from None
    return manager.hook


def _have_printed_aside(manager: pluggy.PluginManager) -> None:
    blocks = []

    def before(*_: object) -> None:
        blocks.append(printed_aside())
        blocks[-1].__enter__()

    def after(*_: object) -> None:
        blocks.pop().__exit__(None, None, None)

    manager.add_hookcall_monitoring(before, after)


def project_hooks(project_dir: Path) -> pluggy.HookRelay:
    """As ``load_hooks``, with the hooks of those ``conftest.py`` files that pytest loads at its start in a project.

    A conftest without a hook of ours is only read, never imported. Raises ``ConfigurationError`` as well for one that
    cannot be imported: what pytest is told to leave alone must not be dropped by a command that could not hear it.
    """
    return load_hooks(conftests(project_dir))


def ignore_of_all(project_dir: Path) -> Ignore | None:
    """What to leave alone for a command that changes something, by every hook that pytest might hear in a project.

    Raises ``ConfigurationError`` where one is not loaded here.
    """
    assert_all_heard(project_dir)
    return ignore_by(project_hooks(project_dir))


def _entry_points() -> list[tuple[str, object]]:
    found = []
    for point in entry_points_of(GROUP):
        try:
            with printed_aside():
                found.append((f"entry point {point.name}", point.load()))
        except Exception as error:  # of somebody's module, whatever it does when it is imported
            raise ConfigurationError(
                f"the entry point {point.name!r} of group {GROUP!r} cannot be loaded: {one_line(error)}",
                where=point.value,
                hint="correct or uninstall the package that has it",
            ) from None
    return found


def ignore_by(hooks: pluggy.HookRelay) -> Ignore | None:
    """The ``schemadrift_ignore_change`` hooks as one function, or ``None`` where nobody implements it."""
    if not hooks.schemadrift_ignore_change.get_hookimpls():
        return None

    def ignore(change: SimpleChange) -> str | None:
        answer = hooks.schemadrift_ignore_change(change=change)
        return schemadrift_ignore_change.__name__ if answer is True else answer or None

    return ignore


async def awaited(answer: Any) -> Any:
    """What a hook answered, whether it is a plain function or an ``async def``."""
    if not inspect.isawaitable(answer):
        return answer
    with printed_aside():
        return await answer
