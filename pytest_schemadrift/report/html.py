"""The report as one HTML page."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from pytest_schemadrift.plan import Drift
from pytest_schemadrift.report.text import report_text


def report_html(drifts: Iterable[Drift]) -> str:
    """Return the page."""
    return f"<!doctype html><title>schema drift</title><pre>{escape(report_text(drifts))}</pre>"
