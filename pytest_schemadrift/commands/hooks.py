"""The hooks that projects and packages may implement, and who is asked.

An implementation is a plain function of that name. Command line and pytest ask the modules of the entry-point group
``schemadrift`` and the ``conftest.py`` files that pytest loads at its start; pytest also asks its plugins.
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pluggy

from pytest_schemadrift.core.config.settings import tool_table
from pytest_schemadrift.core.config.tortoise import one_line
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


def project_hooks(project_dir: Path) -> pluggy.HookRelay:
    """As ``load_hooks``, with the hooks of those ``conftest.py`` files that pytest loads at its start in a project.

    A conftest without a hook of ours is only read, never imported. Raises ``ConfigurationError`` as well for one that
    cannot be imported: what pytest is told to leave alone must not be dropped by a command that could not hear it.
    """
    return load_hooks(_conftests(project_dir))


class ProjectHooks:
    """The hooks of a project, loaded once: as soon as they are made where a conftest has one, else when first asked.

    A conftest may do anything when it is imported, so it comes before the models; an entry point of a package is only
    looked for where there is something to ask about, which a check in sync has not.
    """

    def __init__(self, project_dir: Path) -> None:
        """Raises ``ConfigurationError``, as ``project_hooks``."""
        self._conftests = _conftests(project_dir)
        self._loaded: pluggy.HookRelay | None = None
        if self._conftests:
            self.load()

    def load(self) -> pluggy.HookRelay:
        """All of them. Raises ``ConfigurationError``."""
        if self._loaded is None:
            self._loaded = load_hooks(self._conftests)
        return self._loaded

    def ignore(self, change: SimpleChange) -> str | None:
        """What ``ignore_by`` of them says. Raises ``ConfigurationError``."""
        asked = ignore_by(self.load())
        return asked(change) if asked is not None else None


def _conftests(project_dir: Path) -> list[tuple[str, object]]:
    folders = [project_dir, *(project_dir / name for name in _test_paths(project_dir))]
    folders += sorted(path for path in project_dir.glob("test*") if path.is_dir())
    files = dict.fromkeys(folder / "conftest.py" for folder in folders)
    return [(str(path), _imported(path)) for path in files if path.is_file() and _has_hook(path)]


def _test_paths(project_dir: Path) -> list[str]:
    options = tool_table(project_dir, "pytest").get("ini_options", {})
    paths = options.get("testpaths", []) if isinstance(options, dict) else []
    return paths.split() if isinstance(paths, str) else [str(path) for path in paths]


_HOOKS = ("schemadrift_ignore_change", "schemadrift_prepare_database", "schemadrift_post_migrate")


def _has_hook(path: Path) -> bool:
    """Whether a module defines a hook of ours at its top, told from its text."""
    try:
        text = path.read_text("utf-8")
        body = ast.parse(text).body if any(name in text for name in _HOOKS) else []
    except (OSError, ValueError, SyntaxError):
        return False  # pytest will say what is wrong with it
    return any(isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name in _HOOKS for node in body)


def _imported(path: Path) -> ModuleType:
    loaded = sys.modules.get("conftest")
    if loaded is not None and getattr(loaded, "__file__", None) == str(path):
        return loaded
    spec = spec_from_file_location(f"schemadrift_conftest_{sha256(str(path).encode()).hexdigest()[:8]}", path)
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:  # whatever a conftest does when it is imported
        raise ConfigurationError(
            f"the hooks of {path.name} cannot be loaded: {one_line(error)}",
            where=str(path),
            hint="correct it, or say what it ignores in [[tool.schemadrift.ignore]] instead",
        ) from None
    return module


def _entry_points() -> list[tuple[str, object]]:
    from importlib.metadata import entry_points  # the slowest import of a check that nobody has to be asked about

    found = []
    for point in entry_points(group=GROUP):
        try:
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
    return await answer if inspect.isawaitable(answer) else answer
