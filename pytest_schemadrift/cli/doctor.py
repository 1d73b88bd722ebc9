"""``schemadrift doctor``."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import click

from pytest_schemadrift.cli.group import COULD_NOT_TELL, IN_SYNC, Global, cli, run, say
from pytest_schemadrift.errors import SchemaDriftError, mask

if TYPE_CHECKING:
    from pytest_schemadrift.commands.doctor import Finding


@cli.command(short_help="Show what is installed, set and permitted.")
@click.pass_obj
def doctor(chosen: Global, /) -> None:
    """Show what is installed, configured and permitted: what a bug report needs, without secrets.

    A line that begins with ! is a problem, with what to do about it. 0 no problems, 2 problems.
    """
    wrong = False
    for title, findings in _sections(chosen):
        shown = [item for item in findings if item.wrong or not chosen.quiet]
        if shown and title:
            say(title)
        for item in shown:
            wrong = wrong or item.wrong
            say(mask(f"{'!' if item.wrong else ' '} {item.what}: {' '.join(item.words.split())}"))
            if item.to_do:
                say(mask(f"    to do: {item.to_do}"))
    sys.exit(COULD_NOT_TELL if wrong else IN_SYNC)


def _sections(chosen: Global) -> Iterator[tuple[str, Iterable[Finding]]]:
    from pytest_schemadrift.cli.progress import sign_of_life
    from pytest_schemadrift.commands import chosen_connections, with_urls
    from pytest_schemadrift.commands.doctor import (
        failed,
        of_connection,
        of_database,
        of_installation,
        of_models,
        of_project,
    )

    yield "", of_installation()
    options = chosen.options()
    try:
        project = chosen.project()
        project = with_urls(project, options.database_urls)
        names = chosen_connections(project, options)
    except SchemaDriftError as error:
        yield "", [failed("configuration", error)]
        return
    yield "", of_project(project)
    with sign_of_life():
        models = [*of_models(project, names)]
    yield "", models
    for name in names:
        yield name, [*of_connection(project, name), *run(of_database(project, name, options))]
