"""The pages are built without a warning, and need nothing from elsewhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FETCHED = re.compile(
    r"""<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)=["']?((?:https?:)?//[^"'> ]+)|url\((//|http)"""
)


def test_the_site_is_built_without_a_warning_and_works_offline(tmp_path: Path) -> None:
    pytest.importorskip("material", reason="the docs group is not installed")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path / "site")],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    pages = list((tmp_path / "site").rglob("*.html"))
    assert len(pages) > 50
    for page in pages:
        fetched = [found[0] for found in FETCHED.finditer(page.read_text("utf-8")) if 'rel="canonical"' not in found[0]]
        assert not fetched, page
