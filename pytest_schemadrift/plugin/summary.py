"""What is said around the items, by the one process that owns the terminal."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import pytest

from pytest_schemadrift.config import database_name
from pytest_schemadrift.plugin.failure import SECTION, to_do
from pytest_schemadrift.plugin.items import CONNECTION, IGNORED, NOTE, SERVER
from pytest_schemadrift.plugin.run import Run
from pytest_schemadrift.report.text import highlighted
from pytest_schemadrift.report.words import counted


@dataclass
class _Counts:
    """What the reports say about one connection."""

    outcomes: Counter[str] = field(default_factory=Counter)
    server: str = ""
    lines: dict[str, None] = field(default_factory=dict)

    def add(self, outcome: str, properties: dict[str, list[str]]) -> None:
        self.outcomes[outcome] += 1
        self.server = "".join(properties.get(SERVER, [self.server]))
        self.lines |= dict.fromkeys(f"ignored: {text}" for text in properties.get(IGNORED, ()))
        self.lines |= dict.fromkeys(f"note: {text}" for text in properties.get(NOTE, ()))

    @property
    def text(self) -> str:
        words = [f"{self.outcomes['passed']} in sync"]
        words += [f"{self.outcomes['failed']} drifted"] if self.outcomes["failed"] else []
        words += [f"{self.outcomes['error']} could not be checked"] if self.outcomes["error"] else []
        return ", ".join(words)


class Summary:
    """The header, the colours of a failure's SQL, and the closing lines."""

    def __init__(self, run: Run) -> None:
        self._run = run
        reporter = run.config.pluginmanager.get_plugin("terminalreporter")
        self._colored = bool(reporter is not None and reporter.hasmarkup)

    def pytest_report_header(self) -> list[str]:
        """A line per connection: what it is, what it is compared with, and who said so."""
        run = self._run
        lines = [
            f"schema drift: {name}: {self._database(name)}, {counted(len(tables), 'table')} of the models "
            f"({run.project.tortoise.origin})"
            for name, tables in run.tables.items()
        ]
        for extra in run.hooks.schemadrift_report_header():
            lines += [extra] if isinstance(extra, str) else list(extra or [])
        return lines

    def _database(self, name: str) -> str:
        connection = self._run.project.tortoise.connection(name)
        settings = self._run.project.settings.database(name)
        if not self._run.is_spun_up(name):
            return f"{connection.dialect} database {database_name(connection)} (live)"
        if settings.url:
            return f"{connection.dialect} database of [tool.schemadrift.databases.{name}]"
        kind = connection.dialect if settings.provider in ("auto", "docker") else settings.provider
        return f"{kind} {settings.version}".strip() + " spun up for this run"

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Colour the SQL of a failure, after the machine-readable reports have read it."""
        sections = getattr(report.longrepr, "sections", None)
        if self._colored and sections and any(name == CONNECTION for name, _ in report.user_properties):
            sections[:] = [
                (name, highlighted(content, True) if name.startswith(SECTION) else content, line)
                for name, content, line in sections
            ]

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Counts per connection, what was ignored, and the next command where there is drift."""
        counts = _counted_reports(terminalreporter)
        if not counts:
            return
        terminalreporter.ensure_newline()
        terminalreporter.section("schema drift", sep="-")
        for connection, found in counts.items():
            server = f" ({found.server})" if found.server else ""
            good = set(found.outcomes) == {"passed"}
            terminalreporter.write_line(f"{connection}{server}: {found.text}", green=good, red=not good)
            for line in found.lines:
                terminalreporter.write_line(f"  {line}")
            if found.outcomes["failed"]:
                terminalreporter.write_line(f"  next: {to_do(connection, self._run.is_spun_up(connection))}")


def _counted_reports(reporter: pytest.TerminalReporter) -> dict[str, _Counts]:
    counts: dict[str, _Counts] = {}
    for outcome in ("passed", "failed", "error"):
        for report in reporter.getreports(outcome):
            properties: dict[str, list[str]] = {}
            for name, value in getattr(report, "user_properties", ()):
                properties.setdefault(name, []).append(str(value))
            for connection in properties.get(CONNECTION, ()):
                counts.setdefault(connection, _Counts()).add(outcome, properties)
    return counts
