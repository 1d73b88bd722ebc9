"""The report as one HTML page that needs nothing else: no network, and no script to be read."""

from __future__ import annotations

from collections.abc import Iterable

from pytest_schemadrift.plan import Drift
from pytest_schemadrift.report.html.page import page

__all__ = ["report_html"]


def report_html(drifts: Iterable[Drift]) -> str:
    """Return the page: for each connection its tables as a picture, and every change with both definitions and SQL."""
    return page(list(drifts))
