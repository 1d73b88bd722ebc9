"""What commands do the same way for tenants: their options, and how far they have come."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from pytest_schemadrift.cli.group import Global, OwnPath, run, say
from pytest_schemadrift.cli.progress import is_watched
from pytest_schemadrift.core.progress import doing_all

if TYPE_CHECKING:
    from pytest_schemadrift.commands.project import CheckOptions, Project
    from pytest_schemadrift.commands.tenants.check import Progress, TenantOptions
    from pytest_schemadrift.commands.tenants.result import TenantResult

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


class Shard(click.ParamType):  # type: ignore[type-arg,unused-ignore]  # generic since click 8.2
    """``I/N``: which part of how many."""

    name = "I/N"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        """The two numbers. Fails for what is no shard."""
        if isinstance(value, tuple):
            return value
        match = re.fullmatch(r"(\d+)/(\d+)", str(value))
        if match is None or not 1 <= int(match[1]) <= int(match[2]):
            self.fail(f"{value!r} is no shard: write I/N with I from 1 to N, such as 2/8", param, ctx)
        return int(match[1]), int(match[2])


def tenant_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--tenants`` and what chooses among them."""
    options: list[Decorator] = [
        click.option("--tenants", "all_tenants", is_flag=True, help="All tenants of [tool.schemadrift.tenants]."),
        click.option("--tenant", "patterns", multiple=True, metavar="NAME", help="This one, or a glob (repeatable)."),
        click.option(
            "--jobs", type=click.IntRange(1), default=4, show_default=True, help="Tenants to process at the same time."
        ),
        click.option("--shard", type=Shard(), help="Only one part of the tenants, such as 2/8."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


executor_option = click.option(
    "--executor",
    metavar="MODULE:FACTORY",
    help="Run batches on the workers of a concurrent.futures.Executor.",
)
"""For commands whose work is done by any process."""


TENANTS = ("all_tenants", "patterns", "jobs", "shard")
"""The options of ``tenant_options``."""
ROLLOUT = ("canary", "stop_after", "journal", "resume")
"""The options of ``rollout_options``; ``None`` where one was not given."""


def rollout_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """How carefully tenants are changed."""
    options: list[Decorator] = [
        click.option("--canary", type=click.IntRange(0), help="Tenants to fix first, one by one (default: 1)."),
        click.option("--stop-after", type=click.IntRange(1), help="Failed tenants that end the run (default: 1)."),
        click.option(
            "--journal",
            type=OwnPath(),
            metavar="FILE",
            help=f"Where the result of each tenant is recorded (default: {_JOURNAL}).",
        ),
        click.option("--resume", is_flag=True, default=None, help="Continue the run that the journal records."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


NOBODY = "no tenant is in this shard: there are fewer tenants than shards"
_JOURNAL = "schemadrift-tenants.jsonl"


tenant_option = click.option("--tenant", metavar="NAME", help="The database, or schema, of this tenant.")
"""For commands about one database."""


def project_and_options(chosen: Global, tenant: str | None) -> tuple[Project | None, CheckOptions]:
    """The project, if there is one, and what to look at: as the command line says, or as a tenant of it sees them."""
    if tenant is None:
        return chosen.project_unless_url(), chosen.options()
    from pytest_schemadrift.commands.tenants.find import as_tenant

    project = chosen.project()
    return run(as_tenant(project, chosen.options(), tenant))


def tenants_asked_for(
    *,
    all_tenants: bool,
    patterns: tuple[str, ...],
    jobs: int,
    shard: tuple[int, int] | None,
    executor: str | None = None,
) -> TenantOptions | None:
    """Which tenants were asked for; ``None`` where none were."""
    if not all_tenants and not patterns:
        if shard is not None:
            raise click.UsageError("--shard is about tenants: add --tenants")
        if executor is not None:
            raise click.UsageError("--executor is about tenants: add --tenants")
        return None
    from pytest_schemadrift.commands.tenants.batches import executor_named
    from pytest_schemadrift.commands.tenants.check import TenantOptions

    return TenantOptions(patterns, jobs, shard or (1, 1), executor_named(executor) if executor is not None else None)


class ProgressLine:
    """How far it has come: the sign of life of a terminal, else a line on standard error every 30 seconds."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._terminal = is_watched(sys.stderr, os.environ)
        self._begun = self._told = time.monotonic()
        self._results = 0

    def __call__(self, progress: Progress) -> None:
        """Tell it, where it is time to."""
        what = "tenants read" if progress.is_reading else "tenants"
        self._tell(progress.done, progress.total, f", {progress.variants:,} different", what)

    def result(self, result: TenantResult, total: int) -> None:
        """Tell that one more tenant was done with."""
        self._results += 1
        self._tell(self._results, total, "")

    def _tell(self, done: int, total: int, more: str, what: str = "tenants") -> None:
        now = time.monotonic()
        last = done == total and what == "tenants"
        more = f"{more}, {done / max(now - self._begun, 0.001):,.1f} per second"
        doing_all(done, total, what, more)
        if self._quiet or self._terminal or (now - self._told < _EVERY and not last):
            return
        if last and self._told == self._begun:
            return  # it was over before anybody wondered
        self._told = now
        say(f"{done:,} of {total:,} {what}{more}", err=True)


_EVERY = 30.0
"""Seconds between two lines where no terminal shows them."""
