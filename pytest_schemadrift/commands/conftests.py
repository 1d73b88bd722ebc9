"""The ``conftest.py`` files of a project that have hooks of ours."""

from __future__ import annotations

import ast
import sys
from hashlib import sha256
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

from pytest_schemadrift.core.config.settings import tool_table
from pytest_schemadrift.core.config.tortoise import one_line
from pytest_schemadrift.errors import ConfigurationError


def conftests(project_dir: Path) -> list[tuple[str, object]]:
    """(path, module) of those that pytest loads at its start in a project, and that have a hook of ours.

    Raises ``ConfigurationError`` for one that cannot be imported.
    """
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
