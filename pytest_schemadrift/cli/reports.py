"""Drifts in the format that was asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_schemadrift.cli.group import Global

if TYPE_CHECKING:
    from pytest_schemadrift.planning.plan import Drift


def report(drifts: list[Drift], format_: str, chosen: Global, *, to_file: bool) -> str:
    """The drifts in one of ``FORMATS``; coloured only as text."""
    if format_ == "json":
        from pytest_schemadrift.report.json import report_json

        return report_json(drifts)
    if format_ == "github":
        from pytest_schemadrift.report.github import report_github

        return report_github(drifts)
    if format_ == "sarif":
        from pytest_schemadrift.report.sarif import report_sarif

        return report_sarif(drifts)
    if format_ == "junit":
        from pytest_schemadrift.report.junit import report_junit

        return report_junit(drifts)
    if format_ == "html":
        from pytest_schemadrift.report.html import report_html

        return report_html(drifts)
    from pytest_schemadrift.report.text import report_text

    return report_text(drifts, color=chosen.colored(to_file), quiet=chosen.quiet, verbose=chosen.verbose)
