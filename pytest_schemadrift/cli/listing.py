"""The list of commands: in groups, under every spelling of a name, and the near ones where a name is wrong.

A command is imported when it is asked for, so that ``check`` does not wait for what ``apply`` needs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import NoReturn

import click
from click.shell_completion import CompletionItem

GROUPS: Mapping[str, tuple[str, ...]] = {
    "Get started": ("init", "doctor"),
    "Inspect": ("check", "gate", "diff", "export", "reverse", "watch", "history", "merge", "explain"),
    "Change a database": ("apply", "plan", "migrate", "fix-sequences"),
    "Keep in the project": ("make-migration", "snapshot", "baseline"),
    "Aliases": ("auto-migrate", "reverse-generation"),
}
"""The commands as ``--help`` groups them."""
ELSEWHERE: Mapping[str, str] = {
    "auto-migrate": "apply",
    "fix-sequences": "sequences",
    "reverse-generation": "reverse",
}
"""The modules of commands that are not in one of their own name."""


def near(wrong: str, known: Iterable[str]) -> str:
    """``did you mean a, b or c?``; empty where nothing is near. Case, dashes and underscores do not count."""
    from difflib import get_close_matches

    spelled = {_plain(word): word for word in known}
    words = [spelled[word] for word in get_close_matches(_plain(wrong), spelled, n=3, cutoff=0.6)]
    if not words:
        return ""
    first = ", ".join(words[:-1])
    return f"did you mean {first} or {words[-1]}?" if first else f"did you mean {words[0]}?"


def _plain(word: str) -> str:
    return word.lower().replace("-", "_")


class _NamesNearOptions(click.Command):
    """Where there is no such option, it names the near ones."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the options. Fails with the near names where there is no such option."""
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            fail_at_option(error.option_name, ctx)


class Command(_NamesNearOptions):
    """A command behind which the global options may stand, too: an unknown option is compared with both."""

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Its options, and the global ones."""
        found = super().shell_complete(ctx, incomplete)
        own = {item.value for item in found}
        everywhere = click.Command.shell_complete(ctx.parent.command, ctx.parent, incomplete) if ctx.parent else []
        return [*found, *(item for item in everywhere if item.value not in own)]


def fail_at_option(wrong: str, ctx: click.Context) -> NoReturn:
    """End with a usage error that names the options of the command, and of its group, that are near."""
    params = [*ctx.command.params, *(ctx.parent.command.params if ctx.parent else ())]
    known = [spelling for option in params if isinstance(option, click.Option) for spelling in option.opts]
    hint = near(wrong, known) or f"{ctx.command_path} --help lists the options"
    ctx.fail(f"there is no option {wrong!r}: {hint}")


class Commands(_NamesNearOptions, click.Group):
    """A group whose commands may be written with dashes or with underscores, each imported when it is asked for."""

    command_class = Command

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all commands, sorted."""
        return sorted(name for names in GROUPS.values() for name in names)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, as it is or with dashes; ``None`` where there is none."""
        name = cmd_name.replace("_", "-")
        if name not in self.commands and name in self.list_commands(ctx):
            import_module(f"pytest_schemadrift.cli.{ELSEWHERE.get(name, name.replace('-', '_'))}")
        return super().get_command(ctx, name)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """The commands, with underscores where one was typed, and the global options."""
        found = super().shell_complete(ctx, incomplete.replace("_", "-"))
        if "_" in incomplete:
            for item in found:
                item.value = item.value.replace("-", "_")
        return found

    def every_command(self) -> Mapping[str, click.Command]:
        """Name -> command, of all of them."""
        context = click.Context(self)
        found = {name: self.get_command(context, name) for name in self.list_commands(context)}
        return {name: command for name, command in found.items() if command is not None}

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command and what follows its name. Fails with the near names where there is none."""
        if not args[0].startswith("-") and self.get_command(ctx, args[0]) is None:
            hint = near(args[0], self.list_commands(ctx)) or "schemadrift --help lists the commands"
            ctx.fail(f"there is no command {args[0]!r}: {hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write each group as a section, in the order in which a project meets its commands."""
        commands = self.every_command()
        for title, names in GROUPS.items():
            rows = [(name, commands[name].get_short_help_str()) for name in names]
            with formatter.section(title):
                formatter.write_dl(rows, col_max=max(map(len, commands)))
