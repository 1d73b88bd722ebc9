"""What a project accepts for now: its ignore rules and its baseline, heard by every command and by pytest alike."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_schemadrift.errors import ConfigurationError
from pytest_schemadrift.shown import reason

if TYPE_CHECKING:
    from pytest_schemadrift.commands.project import CheckOptions, Project
    from pytest_schemadrift.core.config.settings import IgnoreRule
    from pytest_schemadrift.planning.accepted import BaselineEntry
    from pytest_schemadrift.planning.drift import Drift
    from pytest_schemadrift.planning.policy import Ignored


def accepting(project: Project, connection: str, source: str, options: CheckOptions) -> CheckOptions:
    """The options for the check of one connection, with its rules and its baseline in ``ignore``.

    What the options ignore already (hooks) is asked first. Raises ``ConfigurationError`` for a broken baseline.
    """
    rules = project.settings.ignore
    known = _of(load_baseline(project), connection, source) if options.baseline else {}
    if not rules and not known:
        return options
    from pytest_schemadrift.planning.accepted import Accepting, is_over

    assert_known_codes(rules)
    today = date.today()
    in_force = tuple(rule for rule in rules if not is_over(rule, today))
    return replace(options, ignore=Accepting(connection, options.ignore, in_force, known))


def assert_known_codes(rules: Iterable[IgnoreRule]) -> None:
    """Raise ``ConfigurationError`` for a rule whose code no change has: it would silently ignore nothing."""
    from pytest_schemadrift.core.config.settings import PYPROJECT
    from pytest_schemadrift.planning.codes import CHANGES
    from pytest_schemadrift.planning.named import near_code

    for number, rule in enumerate(rules, 1):
        if not any(fnmatchcase(code, rule.code) for code in CHANGES):
            raise ConfigurationError(
                f"no change has the code {rule.code!r}",
                where=f"{PYPROJECT} [[tool.schemadrift.ignore]] number {number}",
                hint=near_code(rule.code),
            )


def _of(entries: Iterable[BaselineEntry], connection: str, source: str) -> dict[str, BaselineEntry]:
    """The entries of a connection and a source, by their fingerprints."""
    return {entry.fingerprint: entry for entry in entries if (entry.connection, entry.source) == (connection, source)}


def baseline_path(project: Project) -> Path:
    """The project's baseline file, there or not."""
    return project.settings.project_dir / project.settings.baseline


def load_baseline(project: Project) -> tuple[BaselineEntry, ...]:
    """The entries of the baseline; none where there is no file. Raises ``ConfigurationError``."""
    path = baseline_path(project)
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return ()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"the baseline cannot be read: {reason(error)}",
            where=str(path),
            hint="write it again with: schemadrift baseline",
        ) from None
    from pytest_schemadrift.planning.accepted import read_baseline

    return read_baseline(text, project.settings.baseline)


def with_accepted_notes(project: Project, drift: Drift, source: str, options: CheckOptions) -> Drift:
    """The drift with a sentence for each rule that is over, and for what the baseline no longer needs to list."""
    if drift.skipped:
        return drift
    notes = [*_rules_over(project, drift), *_rest_of_baseline(project, drift, source, options)]
    return replace(drift, notes=(*drift.notes, *notes)) if notes else drift


def _rules_over(project: Project, drift: Drift) -> list[str]:
    if not project.settings.ignore:
        return []
    from pytest_schemadrift.planning.accepted import is_over, rule_matches
    from pytest_schemadrift.schema.changes import simple_changes

    today = date.today()
    changes = [part for step in drift.steps for part in simple_changes(step.change)]
    return [
        f"the ignore rule {rule.reason!r} ended on {rule.until}: fix what it ignored, or give it a later day"
        for rule in project.settings.ignore
        if is_over(rule, today)
        and any(rule_matches(rule, drift.connection, change, drift.letters) for change in changes)
    ]


def _rest_of_baseline(project: Project, drift: Drift, source: str, options: CheckOptions) -> list[str]:
    if not options.baseline or options.apps or options.models:
        return []
    unneeded = unneeded_entries(load_baseline(project), drift, source)
    if not unneeded:
        return []
    number = "1 entry" if len(unneeded) == 1 else f"{len(unneeded)} entries"
    shown = "; ".join(entry.what for entry in unneeded[:3]) + ("; …" if len(unneeded) > 3 else "")
    return [f"{number} of {project.settings.baseline} no longer needed ({shown}): schemadrift baseline --prune"]


def unneeded_entries(entries: Iterable[BaselineEntry], drift: Drift, source: str) -> list[BaselineEntry]:
    """The entries of a connection and a source that a whole check did not meet; none where a part could not be read."""
    if drift.unreadable or drift.skipped:
        return []
    mine = _of(entries, drift.connection, source)
    if not mine:
        return []
    from pytest_schemadrift.planning.accepted import entry_of

    met = {entry_of(item.change, mine, drift.letters) for item in accepted_changes(drift)}
    return [entry for entry in mine.values() if entry not in met]


def accepted_changes(drift: Drift) -> list[Ignored]:
    """The differences that a hook, a rule or the baseline accepts."""
    return [item for item in drift.ignored if item.accepted]
