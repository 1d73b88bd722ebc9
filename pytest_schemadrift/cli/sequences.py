"""``schemadrift fix-sequences``."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from pytest_schemadrift.cli.group import COULD_NOT_TELL, IN_SYNC, Global, cli, run, say
from pytest_schemadrift.cli.tenants import ProgressLine, tenant_options, tenants_asked_for
from pytest_schemadrift.errors import mask

if TYPE_CHECKING:
    from pytest_schemadrift.commands.sequences import Looked, SequencesOptions
    from pytest_schemadrift.commands.tenants.check import TenantOptions
    from pytest_schemadrift.commands.tenants.result import TenantResult

_SHOWN_COLUMNS = 3


@cli.command("fix-sequences", short_help="Set sequences past the highest value.")
@click.option("--backwards", is_flag=True, help="Also set back those that are ahead of their rows.")
@click.option("--dry-run", is_flag=True, help="Print what would be set, and set nothing.")
@tenant_options
@click.pass_obj
def fix_sequences(chosen: Global, /, backwards: bool, dry_run: bool, **tenants: Any) -> None:
    """Set each sequence, AUTO_INCREMENT and AUTOINCREMENT past its column's maximum."""
    from pytest_schemadrift.commands import sequences

    asked = tenants_asked_for(**tenants)
    if asked is not None:
        sys.exit(_of_tenants(chosen, asked, sequences.SequencesOptions(backwards, dry_run)))
    project = chosen.project_unless_url()

    def tell(name: str, looked: Looked) -> None:
        if looked.failed or not chosen.quiet:
            say(looked_line(name, looked), err=looked.failed)

    def tell_left_out(number: int) -> None:
        chosen.note(f"schemas of tenants, which fix-sequences --tenants looks at, were left out: {number:,}", err=True)

    options = sequences.SequencesOptions(backwards, dry_run)
    found = [
        looked for _, looked in run(sequences.fix_sequences(project, chosen.options(), options, tell, tell_left_out))
    ]
    chosen.note(summary(found, dry_run=dry_run))
    sys.exit(COULD_NOT_TELL if any(looked.failed for looked in found) else IN_SYNC)


def _of_tenants(chosen: Global, asked: TenantOptions, options: SequencesOptions) -> int:
    """Set those of every tenant; a line for what is the same of several. The exit code."""
    from pytest_schemadrift.commands.sequences import fix_sequences as fix
    from pytest_schemadrift.commands.tenants.check import tenants_of
    from pytest_schemadrift.commands.tenants.each import for_each
    from pytest_schemadrift.commands.tenants.find import Tenant, project_of
    from pytest_schemadrift.report.tenants import FAILED, results_text

    project = chosen.project()
    checking = chosen.options()

    async def of_all() -> list[TenantResult]:
        opened, tenants = await tenants_of(project, checking, asked)

        async def of_one(tenant: Tenant) -> tuple[str, str]:
            there = replace(checking, connections=(tenant.connection,), database_urls=())
            found = [looked for _, looked in await fix(project_of(opened, tenant), there, options)]
            failed = [looked for looked in found if looked.failed]
            detail = looked_line("", failed[0]) if failed else ""
            return ("failed" if failed else summary(found, dry_run=options.dry_run)), detail

        return await for_each(tenants, asked.jobs, of_one, ProgressLine(quiet=chosen.quiet).result)

    results = run(of_all())
    shown = [result for result in results if not chosen.quiet or result.outcome in FAILED]
    say(results_text(shown), nl=False)
    return COULD_NOT_TELL if any(result.outcome == "failed" for result in results) else IN_SYNC


def looked_line(connection: str, looked: Looked) -> str:
    """``default: users_id_seq (users.id): 4 -> 12``."""
    columns = list(looked.counter.columns[:_SHOWN_COLUMNS])
    if len(looked.counter.columns) > _SHOWN_COLUMNS:
        columns.append(f"{len(looked.counter.columns) - _SHOWN_COLUMNS} more")
    head = f"{connection}: " if connection else ""
    return mask(" ".join(f"{head}{looked.counter.name} ({', '.join(columns)}): {looked.words}".split()))


def summary(found: Sequence[Looked], *, dry_run: bool) -> str:
    """``2 set, 3 right already, 1 not set``: the parts add up to all that were looked at."""
    counts = Counter(_IN_SUM.get(looked.verdict.value, looked.verdict.value) for looked in found)
    words = [f"{counts.pop('set', 0)} {'would be set' if dry_run else 'set'}"]
    return ", ".join([*words, *(f"{number} {word}" for word, number in counts.items())])


_IN_SUM = {"further along than its rows": "right already"}
"""A counter that is further than its rows gives no number twice."""
