"""What a shell is told when somebody presses Tab: words, files, folders. Nothing of the project is imported for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import click
from click.shell_completion import CompletionItem, FishComplete, ZshComplete, add_completion_class

Complete = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]
"""The ``shell_complete`` of an option."""

SOURCES = ("auto", "live", "applied", "migrations", "snapshot", "all")
"""What ``--source`` may name besides a file and a URL."""
SIDES = ("live", "models", "snapshot", "migrations")
"""What a side of ``diff`` may be besides these."""


@add_completion_class
class Fish(FishComplete):
    """Fish's completion. Its script ends an explanation at the first comma."""

    def format_completion(self, item: CompletionItem) -> str:
        """One line of the answer."""
        if item.help:
            item.help = item.help.replace(",", ";")
        return super().format_completion(item)


@add_completion_class
class Zsh(ZshComplete):
    """Zsh's completion. Its script takes three lines for an item, and does not see an empty one."""

    def format_completion(self, item: CompletionItem) -> str:
        """Three lines of the answer; what stands for files or folders has no value that is used."""
        item.value = item.value or "_"
        return super().format_completion(item)


def beginning(incomplete: str, words: Iterable[str]) -> list[CompletionItem]:
    """The words that begin as what was typed, in any case, with dashes or underscores."""
    typed = incomplete.lower().replace("-", "_")
    return [CompletionItem(word) for word in words if word.lower().replace("-", "_").startswith(typed)]


def files(incomplete: str, words: Iterable[str] = ()) -> list[CompletionItem]:
    """Files, and those of the words; bash shows files only where no word begins like that.

    The files are first: bash's script forgets what was before them.
    """
    return [CompletionItem(incomplete, type="file"), *beginning(incomplete, words)]


def folders(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Folders."""
    return [CompletionItem(incomplete, type="dir")]


def any_file(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Files."""
    return files(incomplete)


def hazards(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The names of hazards."""
    from pytest_schemadrift.planning.codes import HAZARDS

    return beginning(incomplete, HAZARDS)


def codes(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """All that ``explain`` explains: codes, hazards, and changes by their names once one is begun."""
    from pytest_schemadrift.planning.codes import CHANGES, HAZARDS

    names = [change.title for change in CHANGES.values()] if incomplete else []
    return beginning(incomplete, [*CHANGES, *HAZARDS, *names])
