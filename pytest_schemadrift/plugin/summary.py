"""What is said around the items, by the one process that owns the terminal."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pytest_schemadrift.commands.databases import configured_server
from pytest_schemadrift.commands.source import NOT_LOOKED_AT, UNUSED, unused_patterns
from pytest_schemadrift.commands.tenants.check import grouped
from pytest_schemadrift.core.config.urls import database_name
from pytest_schemadrift.planning.drift import Drift
from pytest_schemadrift.plugin import options
from pytest_schemadrift.plugin.failure import SECTION
from pytest_schemadrift.plugin.items import ACCEPTED, CONNECTION, IGNORED, NOTE, SERVER
from pytest_schemadrift.plugin.results import Failure, results_of
from pytest_schemadrift.plugin.run import PREPARED, Run
from pytest_schemadrift.report.text import fixing_command, highlighted
from pytest_schemadrift.report.words import after_pending, counted
from pytest_schemadrift.servers import describe_server
from pytest_schemadrift.shown import finished


@dataclass
class _Counts:
    """What the reports say about one connection."""

    outcomes: Counter[str] = field(default_factory=Counter)
    server: str = ""
    lines: dict[str, None] = field(default_factory=dict)
    accepted: dict[str, None] = field(default_factory=dict)

    def add(self, outcome: str, properties: dict[str, list[str]]) -> None:
        self.outcomes[outcome] += 1
        self.server = "".join(properties.get(SERVER, [self.server]))
        self.accepted |= dict.fromkeys(properties.get(ACCEPTED, ()))
        notes = properties.get(NOTE, [])
        self.lines |= dict.fromkeys(f"ignored: {text}" for text in properties.get(IGNORED, ()))
        self.lines |= dict.fromkeys(f"note: {text}" for text in notes if not text.startswith(UNUSED))

    @property
    def text(self) -> str:
        words = [f"{self.outcomes['passed']} in sync"]
        words += [f"{self.outcomes['failed']} drifted"] if self.outcomes["failed"] else []
        unknown = self.outcomes["error"] + self.outcomes["skipped"]
        words += [f"{unknown} could not be checked"] if unknown else []
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
            f"schema drift: {name}: {self._left_side(name)} -> {counted(len(tables), 'table')} of the models "
            f"({run.project.tortoise.origin})"
            for name, tables in run.tables.items()
        ]
        for path in run.updated:
            lines.append(f"schema drift: wrote the snapshot {path}")
        for extra in run.hooks.schemadrift_report_header():
            lines += [extra] if isinstance(extra, str) else list(extra or [])
        return lines

    def _left_side(self, name: str) -> str:
        """Server and version, database, and source."""
        run, source = self._run, self._run.sources[name]
        name = run.connection(name)
        connection = run.project.tortoise.connection(name)
        if source.kind in ("migrations", PREPARED):
            like = None if run.config.option.collectonly else configured_server(run.project, name)
            server = describe_server(run.project.settings.database(name), connection.dialect, like)
            what = f"migrations, {source.migrations}" if source.migrations else source.text
            return f"{server}, a database of its own ({what})"
        if source.kind in ("snapshot", "file"):
            return f"{connection.dialect}, {_shown(source.path, run.project.settings.project_dir)} ({source.kind})"
        if source.kind == "url":
            return f"{connection.dialect}, {source.text} (url)"
        version = "" if run.config.option.collectonly else run.live_version(name)
        return f"{f'{connection.dialect} {version}'.strip()}, database {database_name(connection)} (live)"

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Colour the SQL of a failure, after the machine-readable reports have read it."""
        sections = getattr(report.longrepr, "sections", None)
        if self._colored and sections and any(name == CONNECTION for name, _ in report.user_properties):
            sections[:] = [
                (name, finished(highlighted(content, True)) if name.startswith(SECTION) else content, line)
                for name, content, line in sections
            ]

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Counts per connection, what was ignored, and the next command where there is drift."""
        counts = _counted_reports(terminalreporter)
        if not counts:
            return
        terminalreporter.ensure_newline()
        terminalreporter.section("schema drift", sep="-")
        results = results_of(self._run.folder)
        for connection, found in counts.items():
            server = f" ({found.server.strip()})" if found.server else ""
            good = set(found.outcomes) == {"passed"}
            terminalreporter.write_line(f"{connection}{server}: {found.text}", green=good, red=not good)
            if found.accepted and self._run.config.option.verbose <= 0:
                terminalreporter.write_line(
                    f"  {counted(len(found.accepted), 'change')} accepted: pytest -v lists them"
                )
            elif found.accepted:
                for text in found.accepted:
                    terminalreporter.write_line(f"  accepted: {text}")
            for line in dict.fromkeys((*found.lines, *_told(results.get(connection)))):
                terminalreporter.write_line(f"  {line}")
            if found.outcomes["failed"] and connection in self._run.tenants:
                terminalreporter.write_line("  next: schemadrift check --tenants")
            elif found.outcomes["failed"] and (command := _next(results.get(connection))):
                terminalreporter.write_line(f"  next: {command}")
        self._write_unused(terminalreporter, results)
        self._write_report(terminalreporter, results)

    def _write_unused(self, reporter: pytest.TerminalReporter, results: dict[str, Drift | Failure]) -> None:
        """Settings and hooks that nothing came of, which can be said only where every connection was looked at."""
        run = self._run
        drifts = [found for found in results.values() if isinstance(found, Drift)]
        if len(drifts) < len(run.project.tortoise.connections):
            return
        for note in unused_patterns(run.project, drifts):
            reporter.write_line(f"unused: {note}")
        if run.options.ignore is not None and not run.has_ignored:
            reporter.write_line(
                "unused: schemadrift_ignore_change ignored nothing: remove it if it is no longer needed"
            )

    def _write_report(self, reporter: pytest.TerminalReporter, results: dict[str, Drift | Failure]) -> None:
        path = options.report_path(self._run.config)
        if path is None:
            return
        from pytest_schemadrift.report.formats import Look
        from pytest_schemadrift.report.html import report_html
        from pytest_schemadrift.report.made import of_this_run

        given = self._run.config.invocation_params
        look = Look(made=of_this_run(["pytest", *map(str, given.args)], given.dir))
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(report_html(self._drifts(results), look), encoding="utf-8")
        except OSError as error:
            reporter.write_line(f"schema drift report: {path} cannot be written: {error.strerror}", red=True)
        else:
            reporter.write_line(f"schema drift report: {path}")

    def _drifts(self, results: dict[str, Drift | Failure]) -> list[Drift]:
        """What was found, tenants of which the same is true together."""
        found = [self._as_drift(*item) for item in results.items()]
        return [drift for drift in found if not drift.tenants] + grouped(drift for drift in found if drift.tenants)

    def _as_drift(self, name: str, found: Drift | Failure) -> Drift:
        if isinstance(found, Drift):
            return found
        for owner, tenants in self._run.tenants.items():
            if name.startswith(f"{owner}[") and name[len(owner) + 1 : -1] in tenants:
                dialect = self._run.project.tortoise.connection(owner).dialect
                return Drift(owner, dialect, skipped=found.text, failed=True, tenants=(name[len(owner) + 1 : -1],))
        connection = self._run.project.tortoise.connection(self._run.connection(name))
        return Drift(connection.name, connection.dialect, database=database_name(connection), skipped=found.text)


def _told(found: Drift | Failure | None) -> list[str]:
    """What is no drift of a table: that the live database was not checked, or that migrations wait for it."""
    if not isinstance(found, Drift):
        return []
    lines = [f"note: {note}" for note in found.notes if note.startswith(NOT_LOOKED_AT)]
    if found.pending is not None:
        lines.append("; ".join(line for line in (found.pending.headline, after_pending(found)) if line))
    return lines


def _next(found: Drift | Failure | None) -> str:
    """The command that leads on; none where no command of ours would, as after a fix that was refuted."""
    if not isinstance(found, Drift) or not (found.plan or found.pending or found.remedy):
        return ""
    return fixing_command(found)


def _shown(path: Path | None, folder: Path) -> str:
    return str(path.relative_to(folder) if path is not None and path.is_relative_to(folder) else path)


def _counted_reports(reporter: pytest.TerminalReporter) -> dict[str, _Counts]:
    counts: dict[str, _Counts] = {}
    for outcome in ("passed", "failed", "error", "skipped"):
        for report in reporter.getreports(outcome):
            properties: dict[str, list[str]] = {}
            for name, value in getattr(report, "user_properties", ()):
                properties.setdefault(name, []).append(str(value))
            for connection in properties.get(CONNECTION, ()):
                counts.setdefault(connection, _Counts()).add(outcome, properties)
    return counts
