"""Drifts in the format that was asked for."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from pytest_schemadrift.cli.completion import beginning
from pytest_schemadrift.cli.group import Global, exit_code, say
from pytest_schemadrift.report.formats import FORMATS, Look, own_format

if TYPE_CHECKING:
    from pytest_schemadrift.planning.drift import Drift
    from pytest_schemadrift.report.formats import Format


class FormatName(click.ParamType):  # type: ignore[type-arg,unused-ignore]  # generic since click 8.2
    """The name of a format: one of ours, else one that a package adds with a hook."""

    name = "format"

    def get_metavar(self, param: click.Parameter, ctx: click.Context | None = None) -> str:
        """Ours, as a choice is shown."""
        return f"[{'|'.join(FORMATS)}]"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Ours."""
        return beginning(incomplete, FORMATS)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The name as it is. Fails as a choice does, naming what there is."""
        if value in FORMATS:
            return str(value)
        from pytest_schemadrift.commands.hooks import report_formats

        known = [*FORMATS, *report_formats()]
        if value not in known:
            self.fail(f"{value!r} is not one of {', '.join(known)}", param, ctx)
        return str(value)


def report(
    drifts: list[Drift],
    format_: str,
    chosen: Global,
    *,
    to_file: bool,
    fail_on: str = "any",
    shard: tuple[int, int] | None = None,
) -> str:
    """The drifts in a format; coloured only as text, and quiet only those that fail."""
    if chosen.quiet and format_ in _FOR_PEOPLE and not to_file:
        drifts = [drift for drift in drifts if exit_code([drift], fail_on)]
        if not drifts:
            return ""
    made = None
    if format_ == "html":
        from pytest_schemadrift.report.made import of_this_run

        made = of_this_run(["schemadrift", *sys.argv[1:]], Path.cwd())
    look = Look(chosen.colored(to_file), chosen.quiet and not to_file, chosen.verbose, made, shard, chosen.here)
    return _format(format_)(drifts, look)


_FOR_PEOPLE = ("text", "concise")


def _format(name: str) -> Format:
    own = own_format(name)
    if own is not None:
        return own
    from pytest_schemadrift.commands.hooks import report_formats

    return report_formats()[name]


def write_job_summary(drifts: list[Drift]) -> None:
    """Append the report as Markdown to ``$GITHUB_STEP_SUMMARY``, where a job of GitHub Actions (or Gitea) sets it."""
    path = os.environ.get("GITHUB_STEP_SUMMARY")
    if not path:
        return
    from pytest_schemadrift.report.markdown import summary_markdown

    try:
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(summary_markdown(drifts, os.fstat(file.fileno()).st_size))
    except OSError as error:
        say(f"schemadrift: no job summary: {path}: {error.strerror}", err=True)
