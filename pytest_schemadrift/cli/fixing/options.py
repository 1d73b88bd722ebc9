"""The options of what fixes a drift, and what they mean."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from pytest_schemadrift.cli.completion import hazards
from pytest_schemadrift.cli.times import seconds
from pytest_schemadrift.errors import ConfigurationError

if TYPE_CHECKING:
    from pytest_schemadrift.commands.apply import ApplyOptions

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def _all(*options: Decorator) -> Decorator:
    """Several options as one decorator, in the order in which ``--help`` shows them."""

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


safety_options = _all(
    click.option(
        "--safe/--no-safe",
        default=None,
        help="Refuse changes that could lose data or fail on it (default: as configured, else --safe).",
    ),
    click.option(
        "--allow-hazard",
        "allowed",
        multiple=True,
        metavar="HAZARD",
        shell_complete=hazards,
        help="Allow a hazard in every change, such as DELETES_DATA (repeatable).",
    ),
    click.option(
        "--allow",
        "allowed_changes",
        multiple=True,
        metavar="CODE:T.NAME",
        help="Allow the hazards of one change, such as SD202:users.fax (repeatable).",
    ),
    click.option("--rename", "renames", multiple=True, metavar="T.OLD=NEW", help="Answer a rename (repeatable)."),
    click.option("--no-renames", is_flag=True, help="Treat nothing as renamed: drop and add instead."),
)
"""What may be done, and what was renamed."""

planning_options = _all(
    safety_options,
    click.option("--ignore-pending", is_flag=True, help="Use the database as it is, even if migrations are pending."),
    click.option("--online", is_flag=True, help="Prefer statements that block other sessions only briefly."),
    click.option("--prove/--no-prove", default=True, help="Try the plan on a scratch copy first."),
)
"""What decides which plan is made."""

running_options = _all(
    click.option("--guided/--no-guided", default=None, help="Ask before each change (default: on a terminal)."),
    click.option("-y", "--yes", is_flag=True, help="Answer yes to harmless changes; allows no hazard."),
    planning_options,
    click.option("--dry-run", is_flag=True, help="Print the plan and change nothing."),
    click.option("--continue-on-error", is_flag=True, help="Continue with changes that do not depend on a failed one."),
    click.option("--lock-timeout", metavar="S", help="Seconds to wait for a lock; 0: no limit (default: 10)."),
    click.option("--statement-timeout", metavar="S", help="Seconds for one statement; 0: no limit (default: 0)."),
    click.pass_obj,
)
"""What ``apply`` and ``auto-migrate`` take."""


def apply_options(settings: Any, values: dict[str, Any]) -> ApplyOptions:
    """What was asked for, over what is configured.

    Raises ``ConfigurationError`` for a hazard, a code or a time that does not exist.
    """
    from pytest_schemadrift.commands.apply import ApplyOptions
    from pytest_schemadrift.dialects.base import Patience
    from pytest_schemadrift.planning.hazards import Hazard
    from pytest_schemadrift.planning.named import assert_known_codes

    lock, statement = values.get("lock_timeout"), values.get("statement_timeout")
    patience = Patience(
        seconds("--lock-timeout", lock or settings.lock_timeout),
        seconds("--statement-timeout", statement or settings.statement_timeout),
    )
    known = {hazard.value: hazard for hazard in Hazard}
    allowed = []
    for name in values["allowed"]:
        word = name.upper().replace("-", "_")
        if word not in known:
            from pytest_schemadrift.core.config.settings import nearest

            raise ConfigurationError(f"there is no hazard {name!r}", hint=nearest(word, known))
        allowed.append(known[word])
    options = ApplyOptions(
        safe=settings.safe if values["safe"] is None else values["safe"],
        allowed=frozenset(allowed),
        allowed_changes=values["allowed_changes"],
        only=values.get("only", ()),
        skip=values.get("skip", ()),
        no_renames=values["no_renames"],
        online=values["online"],
        prove=values["prove"],
        continue_on_error=values.get("continue_on_error", False),
        patience=patience,
    )
    assert_known_codes(options.patterns)
    return options
