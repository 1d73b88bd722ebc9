"""The report as one HTML page that needs nothing else: no network, and no script to be read.

``definitions`` finds what stands side by side, ``picture`` lays out and draws, ``pieces`` escapes; ``tables`` and
``page`` put it together.
"""

from __future__ import annotations

from collections.abc import Iterable

from pytest_schemadrift.planning.drift import Drift
from pytest_schemadrift.report.formats import PLAIN, Look
from pytest_schemadrift.report.html.page import page

__all__ = ["report_html"]


def report_html(drifts: Iterable[Drift], look: Look = PLAIN) -> str:
    """Return the page: for each connection its tables as a picture, and every change with both definitions and SQL."""
    written = page(list(drifts), look.made)
    return written.encode("utf-8", "replace").decode()  # half a character, as in the name of a file, cannot be written
