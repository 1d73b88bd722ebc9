"""The ``conftest.py`` files and plugins of a project that have hooks of ours."""

from __future__ import annotations

import ast
import os
import shlex
import sys
from collections.abc import Iterable, Iterator
from hashlib import sha256
from importlib import import_module
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

from pytest_schemadrift.core.aside import printed_aside
from pytest_schemadrift.core.config.settings import PYPROJECT, tool_table
from pytest_schemadrift.core.config.tortoise import one_line
from pytest_schemadrift.core.ended import staying
from pytest_schemadrift.core.installed import entry_points_of
from pytest_schemadrift.errors import ConfigurationError

IGNORING = "schemadrift_ignore_change"
_HOOKS = (IGNORING, "schemadrift_prepare_database", "schemadrift_post_migrate")
_PLUGINS = "pytest_plugins"
_FILES = {
    "pytest.ini": "pytest",
    ".pytest.ini": "pytest",
    PYPROJECT: "",
    "tox.ini": "pytest",
    "setup.cfg": "tool:pytest",
}
"""The files, with their sections, of which pytest reads the first."""


def conftests(project_dir: Path) -> list[tuple[str, object]]:
    """(path, module) of what pytest loads at its start in a project, and that has a hook of ours.

    These are ``conftest.py`` files, and what they, ``-p`` in the options of pytest or ``$PYTEST_PLUGINS`` name as
    plugins; a hook may be imported from elsewhere. Raises ``ConfigurationError`` for one that cannot be imported.
    """
    return [(str(path), _imported(path, name)) for path, name in _Start(project_dir).with_hooks()]


def assert_all_heard(project_dir: Path) -> None:
    """Raise ``ConfigurationError`` where pytest may hear a hook, by which something is left alone, and nobody else."""
    for name, what in unheard(project_dir).items():
        raise ConfigurationError(f"{what}: what pytest ignores could be changed", where=name, hint=_MOVE)


_MOVE = "move it to the top of the conftest.py beside pyproject.toml, or write it as [[tool.schemadrift.ignore]]"


def unheard(project_dir: Path) -> dict[str, str]:
    """What pytest may hear and a command does not, and a sentence about it.

    That is a hook in a ``conftest.py`` further below, which pytest hears where its tests alone are run, one that is
    registered as an object, and one of an installed plugin of pytest that is none of ours.
    """
    start = _Start(project_dir)
    loaded = dict(start.with_hooks())
    others = [path for path in _every_conftest(project_dir) if path not in loaded]
    found = {}
    for path in [*loaded, *others, *start.installed()]:
        is_heard = path in loaded and hasattr(_imported(path, loaded[path]), IGNORING)
        if is_heard or IGNORING not in start.hooks_in(path):
            continue
        shown = path.relative_to(project_dir) if path.is_relative_to(project_dir) else path
        found[str(path)] = f"{shown} has {IGNORING}, which this command does not load"
    return found


class _Start:
    """What pytest loads at its start in a project, told from texts alone."""

    def __init__(self, project_dir: Path) -> None:
        self.project_dir = project_dir
        self.options = _options(project_dir)
        self.roots = [project_dir, *(project_dir / name for name in _words(self.options.get("pythonpath")))]
        self.roots.append(project_dir / "src")

    def with_hooks(self) -> list[tuple[Path, str]]:
        """The files with a hook, and the name by which each is imported, ``""`` for a conftest."""
        folders = [self.project_dir, *(self.project_dir / name for name in _words(self.options.get("testpaths")))]
        folders += sorted(path for path in self.project_dir.glob("test*") if path.is_dir())
        waiting = [(folder / "conftest.py", "") for folder in folders] + [*self._files(self._named())]
        found: dict[Path, str] = {}
        while waiting:
            path, name = waiting.pop(0)
            if path in found or not path.is_file():
                continue
            found[path] = name if self.hooks_in(path) else "-"
            waiting += self._files(_plugins_of(_body(path)))
        return [(path, name) for path, name in found.items() if name != "-"]

    def _named(self) -> Iterator[str]:
        """The plugins that options of pytest and its environment name."""
        yield from filter(None, os.environ.get("PYTEST_PLUGINS", "").split(","))
        given = [*_words(self.options.get("addopts")), *_words(os.environ.get("PYTEST_ADDOPTS"))]
        for place, word in enumerate(given):
            if word == "-p" and place + 1 < len(given):
                yield given[place + 1]
            elif word.startswith("-p") and not word.startswith("--"):
                yield word[2:]

    def installed(self) -> Iterator[Path]:
        """The files of the plugins of pytest that packages bring along, without those that offer their hooks to us."""
        ours = {point.value for point in entry_points_of("schemadrift")}
        names = {point.module for point in entry_points_of("pytest11") if point.value not in ours}
        yield from (path for path, _ in self._files(sorted(names)) if Path(__file__).parents[1] not in path.parents)

    def _files(self, names: Iterable[str]) -> Iterator[tuple[Path, str]]:
        for name in names:
            path = self.file_of(name)
            if path is not None:
                yield path, name

    def file_of(self, name: str) -> Path | None:
        """The file of a module, without importing it; ``None`` where there is none."""
        if not all(part.isidentifier() for part in name.split(".")):
            return None  # no:name, which blocks one
        inside = Path(*name.split("."))
        for root in self.roots:
            for path in (root / inside.with_suffix(".py"), root / inside / "__init__.py"):
                if path.is_file():
                    return path
        first, _, rest = name.partition(".")
        try:
            spec = find_spec(first)
        except (ImportError, ValueError):
            return None
        if spec is None or (not rest and spec.origin is None):
            return None
        if not rest:
            return Path(str(spec.origin))
        places = [Path(place, *rest.split(".")) for place in spec.submodule_search_locations or ()]
        files = [path for place in places for path in (place.with_suffix(".py"), place / "__init__.py")]
        return next((path for path in files if path.is_file()), None)

    def hooks_in(self, path: Path, seen: frozenset[Path] = frozenset()) -> set[str]:
        """The hooks of ours that a module defines anywhere, or imports."""
        found = set()
        for node in (node for statement in _body(path) for node in ast.walk(statement)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                found.add(node.name)
            elif isinstance(node, ast.ImportFrom):
                names = {item.asname or item.name for item in node.names}
                other = self._imported_from(node, path) if "*" in names else None
                found |= names | (self.hooks_in(other, seen | {path}) if other and other not in seen else set())
        return found & {*_HOOKS}

    def _imported_from(self, node: ast.ImportFrom, path: Path) -> Path | None:
        if not node.level:
            return self.file_of(node.module or "")
        place = path.parents[node.level - 1].joinpath(*(node.module or "").split("."))
        files = (place.with_suffix(".py"), place / "__init__.py")
        return next((file for file in files if file.is_file()), None)


def _options(project_dir: Path) -> dict[str, Any]:
    """The options of pytest in the first of its files that has some."""
    for name, section in _FILES.items():
        if not section:
            found = tool_table(project_dir, "pytest")
            options = found.get("ini_options") or {key: value for key, value in found.items() if key != "ini_options"}
            if isinstance(options, dict) and options:
                return options
            continue
        if not (project_dir / name).is_file():
            continue
        from configparser import ConfigParser, Error

        reader = ConfigParser(interpolation=None)
        try:
            reader.read(project_dir / name, "utf-8")
        except (OSError, ValueError, Error):
            continue  # pytest will say what is wrong with it
        if reader.has_section(section):
            return dict(reader.items(section))
    return {}


def _words(value: object) -> list[str]:
    """The words of an option, which is a text or a list of texts."""
    if isinstance(value, list):
        return [str(item) for item in value]
    try:
        return shlex.split(str(value or ""))
    except ValueError:
        return str(value).split()


def _body(path: Path) -> list[ast.stmt]:
    """The statements of a module whose text may have to do with hooks; of any other, or a broken one, none."""
    try:
        text = path.read_text("utf-8")
        words = (*_HOOKS, _PLUGINS, "import *")
        return ast.parse(text).body if any(word in text for word in words) else []
    except (OSError, ValueError, SyntaxError):
        return []  # pytest will say what is wrong with it


def _plugins_of(body: list[ast.stmt]) -> list[str]:
    """What ``pytest_plugins`` at the top of a module names, where that is written out."""
    found: list[str] = []
    for node in body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if any(isinstance(target, ast.Name) and target.id == _PLUGINS for target in targets):
            value = getattr(node, "value", None)
            constants = [item.value for item in ast.walk(value) if isinstance(item, ast.Constant)] if value else []
            found += [text for text in constants if isinstance(text, str)]
    return [name for text in found for name in text.split(",")]


def _every_conftest(project_dir: Path) -> Iterator[Path]:
    """All of a project, those of environments and of projects within left out."""
    for place, folders, files in os.walk(project_dir):
        folder = Path(place)
        if folder != project_dir and {"pyvenv.cfg", PYPROJECT} & {*files}:
            folders.clear()
            continue
        folders[:] = [name for name in folders if name[0] not in "._" and name not in ("node_modules", "site-packages")]
        if "conftest.py" in files:
            yield folder / "conftest.py"


def _imported(path: Path, name: str = "") -> ModuleType:
    alias = f"schemadrift_conftest_{sha256(str(path).encode()).hexdigest()[:8]}"
    for known in (name, "conftest", alias):
        loaded = sys.modules.get(known)
        if loaded is not None and getattr(loaded, "__file__", None) == str(path):
            return loaded
    try:
        with printed_aside(), staying():
            if name and find_spec(name) is not None:
                return import_module(name)
            spec = spec_from_file_location(alias, path)
            assert spec is not None and spec.loader is not None
            module = module_from_spec(spec)
            spec.loader.exec_module(module)
        sys.modules[alias] = module  # once is enough, whatever it does
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # whatever a conftest does when it is imported
        raise ConfigurationError(
            f"the hooks of {path.name} cannot be loaded: {one_line(error)}",
            where=str(path),
            hint="correct it, or say what it ignores in [[tool.schemadrift.ignore]] instead",
        ) from None
    return module
