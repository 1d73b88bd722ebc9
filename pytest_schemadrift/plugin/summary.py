"""What is said around the items: the header, the colours of a failure's SQL, the closing lines."""

from __future__ import annotations

from collections import defaultdict

import pytest

from pytest_schemadrift.plugin.hooks import STATE
from pytest_schemadrift.plugin.state import State
from pytest_schemadrift.report.text import highlighted
from pytest_schemadrift.report.words import counted

SECTION = "ALTER SQL"
_colored = False


def header_lines(config: pytest.Config) -> list[str]:
    """A line per connection, then what ``schemadrift_report_header`` hooks add."""
    global _colored  # noqa: PLW0603  asked again where only the report is at hand
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    _colored = bool(reporter is not None and reporter.hasmarkup)
    state = config.stash.get(STATE, None)
    if not isinstance(state, State):
        return []
    lines = []
    for name in state.connections:
        settings = state.project.tortoise.connection(name)
        place = "spun up" if state.is_spun_up(name) else "live"
        lines.append(
            f"schema drift: {name}: {settings.dialect} ({place}), {counted(len(state.tables(name)), 'table')}, "
            f"configuration: {state.project.tortoise.origin}"
        )
    for extra in config.hook.schemadrift_report_header():
        lines += [extra] if isinstance(extra, str) else list(extra or [])
    return lines


def color_sections(report: pytest.TestReport) -> None:
    """Highlight the SQL; only the process that owns the terminal does so."""
    sections = getattr(report.longrepr, "sections", None)
    if _colored and sections:
        sections[:] = [
            (name, highlighted(content, True) if name.startswith(SECTION) else content, line)
            for name, content, line in sections
        ]


def write_summary(reporter: pytest.TerminalReporter) -> None:
    """Write counts per connection, and the next command where there is drift."""
    counts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for outcome in ("passed", "failed", "error"):
        for report in reporter.getreports(outcome):
            for name, connection in getattr(report, "user_properties", ()):
                if name == "schemadrift":
                    counts[str(connection)][outcome] += 1
    if not counts:
        return
    reporter.section("schema drift", sep="-")
    for connection, found in counts.items():
        words = [f"{connection}: {found['passed']} in sync"]
        words += [f"{found['failed']} drifted"] if found["failed"] else []
        words += [f"{found['error']} could not tell"] if found["error"] else []
        reporter.write_line(", ".join(words), green=len(words) == 1, red=len(words) > 1)
        if found["failed"]:
            reporter.write_line(f"  to see all of it: schemadrift check --connection {connection}")
            reporter.write_line(f"  to fix it:        schemadrift apply --connection {connection}")
