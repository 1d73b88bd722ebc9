"""Comments of models (``#: …``) without parsing their module again for each class.

Tortoise's metaclass asks ``inspect.getsource`` for the text of every class and looks for ``#:`` comments in it
(``tortoise.models._get_comments``, the same in every release from 0.19 to 1.1). Before Python 3.13 each such call
parses the whole module, and in every Python it splits the class into tokens: 300 models in one module are imported in
20 seconds, nearly all of them this. Here a file is read and parsed once, and not at all where it holds no ``#:``.
"""

from __future__ import annotations

import ast
import inspect
import linecache
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

__all__ = ["SWITCH", "read_once"]

SWITCH = "SCHEMADRIFT_FAST_IMPORT"
"""The environment variable that leaves the import of models to Tortoise alone, when it is ``0``."""
MARK = "#:"
_ASKING = "tortoise.models"


@contextmanager
def read_once() -> Iterator[None]:
    """Answer Tortoise's question for the text of a class from one look at its file, for as long as the block runs.

    Everybody else who calls ``inspect.getsource`` gets what it returns by itself. Blocks may be nested.
    """
    original = inspect.getsource
    if os.environ.get(SWITCH) == "0" or isinstance(getattr(original, "__self__", None), _Sources):
        yield
        return
    ours = _Sources().getsource
    inspect.getsource = ours  # type: ignore[assignment]
    try:
        yield
    finally:
        if inspect.getsource == ours:  # else somebody has wrapped it, and needs it to stay
            inspect.getsource = original


class _Sources:
    """The files that were looked at: where each class begins and ends, by its qualified name."""

    def __init__(self) -> None:
        self._original = inspect.getsource
        self._files: dict[str, tuple[list[str], dict[str, tuple[int, int]] | None]] = {}

    def getsource(self, asked: Any, /) -> str:
        """What ``inspect.getsource`` returns; for Tortoise, the empty text stands for one without a comment to find.

        Raises what that raises.
        """
        if sys._getframe(1).f_globals.get("__name__") != _ASKING or not isinstance(asked, type):
            return self._original(asked)
        module = sys.modules.get(asked.__module__)
        file = getattr(module, "__file__", None)
        if not file or not file.endswith(".py") or hasattr(asked, "__wrapped__"):
            return self._original(asked)
        linecache.checkcache(file)
        lines = linecache.getlines(file, vars(module))
        if not lines:
            return self._original(asked)
        known, classes = self._files.get(file, (None, None))
        if known is not lines:  # a file that has changed is another list
            classes = _classes(lines) if any(MARK in line for line in lines) else None
            self._files[file] = lines, classes
        if classes is None:
            return ""
        if sys.version_info >= (3, 13):  # which notes the first line of a class, and parses nothing
            return self._original(asked)
        if asked.__qualname__ not in classes:
            raise OSError("could not find class definition")
        first, last = classes[asked.__qualname__]
        if not any(MARK in line for line in lines[first:last]):
            return ""
        return "".join(inspect.getblock(lines[first:]))


def _classes(lines: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Qualified name -> first line (from 0, of its decorators) and end of each class; of two alike, the first counts.

    The comments below a class may belong to it, as ``inspect`` sees it.
    """
    if sys.version_info >= (3, 13):
        return {}
    found: dict[str, tuple[int, int]] = {}
    waiting: list[tuple[ast.AST, str]] = [(ast.parse("".join(lines)), "")]
    while waiting:
        node, scope = waiting.pop()
        inner = scope
        if isinstance(node, ast.ClassDef):
            name = scope + node.name
            first, *_ = [*node.decorator_list, node]
            found.setdefault(name, (first.lineno - 1, _end(lines, node.end_lineno or node.lineno)))
            inner = f"{name}."
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            inner = f"{scope}{node.name}.<locals>."
        below = [child for child in ast.iter_child_nodes(node) if isinstance(child, _BLOCKS)]
        waiting.extend((child, inner) for child in reversed(below))
    return found


_BLOCKS = (ast.stmt, ast.excepthandler, ast.match_case)
"""What a class statement can stand in."""


def _end(lines: Sequence[str], end: int) -> int:
    while end < len(lines) and (not lines[end].strip() or lines[end].lstrip().startswith("#")):
        end += 1
    return end
