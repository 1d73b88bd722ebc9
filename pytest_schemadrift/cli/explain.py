"""``schemadrift explain``."""

from __future__ import annotations

import click

from pytest_schemadrift.cli.group import cli, say
from pytest_schemadrift.errors import ConfigurationError


@cli.command()
@click.argument("code")
def explain(code: str) -> None:
    """Say what a change code (SD203) or a hazard means, and what to do."""
    from pytest_schemadrift.core.config.settings import nearest
    from pytest_schemadrift.planning.codes import CHANGES, HAZARDS
    from pytest_schemadrift.planning.codes import explain as look_up

    entry = look_up(code)
    if entry is None:
        known = [*CHANGES, *HAZARDS, *(item.title for item in CHANGES.values())]
        raise ConfigurationError(f"there is no code or hazard {code!r}", hint=nearest(code, known))
    say(f"{entry.code}: {entry.title}\n  {entry.meaning}\n  to do: {entry.to_do}")
