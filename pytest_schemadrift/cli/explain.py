"""``schemadrift explain``."""

from __future__ import annotations

import click

from pytest_schemadrift.cli.completion import codes as codes_and_hazards
from pytest_schemadrift.cli.group import cli, say
from pytest_schemadrift.cli.listing import near
from pytest_schemadrift.errors import ConfigurationError

_NEAR = 3


@cli.command(short_help="Explain a code or a hazard.")
@click.argument("codes", nargs=-1, metavar="CODE...", shell_complete=codes_and_hazards)
@click.option("--all", "everything", is_flag=True, help="List every code and hazard, one per line.")
def explain(codes: tuple[str, ...], everything: bool) -> None:
    """Explain change codes (SD203), changes (AddColumn) or hazards, and what to do about them."""
    from pytest_schemadrift.planning.codes import CHANGES, HAZARDS, shown_page_of
    from pytest_schemadrift.planning.codes import explain as look_up

    if everything:
        for entry in (*CHANGES.values(), *HAZARDS.values()):
            say(f"{entry.code:<19} {entry.title}")
        return
    if not codes:
        raise click.UsageError("name a code, such as SD203, or give --all")
    texts = []
    for code in codes:
        found = look_up(code)
        if found is None:
            known = [*CHANGES, *HAZARDS, *(item.title for item in CHANGES.values())]
            with_it = [name for name in known if name.startswith(code.upper())][:_NEAR]
            # Digits that look alike mean something else: SD999 is not nearly SD209.
            near_ones = "" if code[-1:].isdigit() else near(code, known)
            hint = f"these begin with it: {', '.join(with_it)}" if with_it else near_ones
            hint = hint or "schemadrift explain --all lists them"
            raise ConfigurationError(f"there is no code or hazard {code!r}", hint=hint)
        words = [f"{found.code}: {found.title}", found.meaning, f"to do: {found.to_do}"]
        texts.append("\n  ".join([*words, f"page: {shown_page_of(found.code)}"]))
    say("\n\n".join(texts))
