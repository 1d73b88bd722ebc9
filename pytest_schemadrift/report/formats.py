"""The formats of a report by their names: what ``--format`` takes.

A format is a function ``(drifts, look) -> text``. Ours are in ``FORMATS``, each imported when it is asked for; a
package adds its own with the hook ``schemadrift_report_formats``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, cast

from pytest_schemadrift.planning.drift import Drift

if TYPE_CHECKING:
    from pytest_schemadrift.report.made import Made


@dataclass(frozen=True, slots=True)
class Look:
    """How a report for people is to look: coloured, only the verdict, or with everything. Other formats need none.

    ``made`` is what a page says of its own origin; ``shard`` is (number, of how many) of the tenants that it is about.
    """

    color: bool = False
    quiet: bool = False
    verbose: bool = False
    made: Made | None = None
    shard: tuple[int, int] | None = None
    here: Path | None = None
    """The folder in which the command was typed, where paths are to be from there and not from the project's."""


PLAIN = Look()
"""For files and programs."""

Format = Callable[[Sequence[Drift], Look], str]

FORMATS: Mapping[str, str] = {
    "text": "text:report_text",
    "concise": "concise:report_concise",
    "json": "json:report_json",
    "github": "github:report_github",
    "markdown": "markdown:report_markdown",
    "sarif": "sarif:report_sarif",
    "junit": "junit:report_junit",
    "openmetrics": "openmetrics:report_openmetrics",
    "html": "html:report_html",
}
"""``module:function`` below this package."""
WITHOUT_SCHEMAS = frozenset(FORMATS) - {"html"}
"""Those that show nothing of a schema without a drift."""


def own_format(name: str) -> Format | None:
    """One of our formats, or ``None`` where there is none of that name."""
    if name not in FORMATS:
        return None
    module, _, function = FORMATS[name].partition(":")
    return cast(Format, getattr(import_module(f"{__package__}.{module}"), function))
