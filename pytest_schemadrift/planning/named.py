"""Changes that a person names as ``CODE:table.name``: a name that means nothing is an error."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from difflib import get_close_matches
from fnmatch import fnmatchcase

from pytest_schemadrift.errors import ConfigurationError
from pytest_schemadrift.planning.accepted import means, spelled
from pytest_schemadrift.planning.codes import CHANGES
from pytest_schemadrift.planning.diff import diff
from pytest_schemadrift.planning.drift import Drift
from pytest_schemadrift.planning.hazards import Hazard
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.evolve import evolve

Given = Iterable[tuple[str, str]]
"""Options with what was given to them: ``("--allow", "SD202:users.fax")``."""

_A_CODE = re.compile(r"SD\d+", re.IGNORECASE)
_SHOWN = 4


def assert_known_codes(given: Given) -> None:
    """Raise ``ConfigurationError`` for a code that no change has; a shell pattern must match some code."""
    for option, pattern in given:
        code, separator, _ = pattern.partition(":")
        if (separator or _A_CODE.fullmatch(code)) and not any(fnmatchcase(known, code or "*") for known in CHANGES):
            raise ConfigurationError(
                f"{option} {pattern}: there is no change code {code!r}",
                hint=near_code(code),
            )


def assert_named(given: Given, drifts: Sequence[Drift]) -> None:
    """Raise ``ConfigurationError`` where a pattern means no change of any of the drifts.

    Where there is no drift at all, nothing is left to name: what is run a second time succeeds again.
    """
    if not any(drift.plan for drift in drifts):
        return
    found = [(change, drift.letters) for drift in drifts for change in _changes(drift)]
    for option, pattern in given:
        if not any(means(pattern, change, letters) for change, letters in found):
            raise ConfigurationError(
                f"{option} {pattern} means no change that there is",
                hint=_hint(pattern, [change for change, _ in found], drifts),
            )


def _changes(drift: Drift) -> Iterator[c.SimpleChange]:
    """All that may be named: the steps of the plan, and what they were folded from."""
    for step in drift.steps:
        yield from c.simple_changes(step.change)
    if drift.old is not None and drift.new is not None:
        renames = [step.change for step in drift.steps if isinstance(step.change, c.Rename)]
        yield from diff(evolve(drift.old, renames), drift.new)


def _hint(pattern: str, found: Iterable[c.SimpleChange], drifts: Iterable[Drift]) -> str:
    if (hazard := pattern.upper().replace("-", "_")) in set(Hazard):
        return f"{hazard} is a hazard: --allow-hazard takes these"
    for drift in drifts:
        for item in drift.ignored:
            if means(pattern, item.change, drift.letters):
                return f"{spelled(item.change)} is no drift here: {item.reason}"
    names = list(dict.fromkeys(map(spelled, found)))
    near = _near(pattern, names) or _near(pattern, {name.partition(":")[2] for name in names})
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return near or f"the changes are {', '.join(names[:_SHOWN])}{more}"


def near_code(wrong: str) -> str:
    """What to do about a code that there is not: digits that look alike mean something else."""
    begun = [code for code in CHANGES if code.startswith(wrong.upper())]
    if wrong and begun:
        return f"these begin with it: {', '.join(begun[:_SHOWN])}"
    return "schemadrift explain --all lists them"


def _near(wrong: str, known: Collection[str]) -> str:
    close = get_close_matches(wrong, sorted(known), n=2)
    return f"did you mean {' or '.join(close)}?" if close else ""
