"""Every command of the documentation is run, and prints what its page shows."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_schemadrift.servers import Server
from tests.docs.pages import DOCS, ROOT, Page, alike, all_pages, carry_out, read
from tests.harness import of_the_day

PAGES = [page for page in all_pages() if any(block.language == "console" for block in page.blocks)]


def marked(page: Page) -> object:
    marks = [getattr(pytest.mark, dialect) for dialect in sorted({*page.servers.values(), *page.needs})]
    where = next(iter(page.servers.values()), "") if page.others else ""
    return pytest.param(page, id=" on ".join(word for word in (page.name, where) if word), marks=marks)


@pytest.mark.parametrize("page", [marked(on_one) for page in PAGES for on_one in of_the_day(page.on_each())])
def test_a_page_does_what_it_shows(
    page: Page,
    tmp_path: Path,
    fresh_database: Callable[[str], str],
    running_server: Callable[[str], Server],
) -> None:
    for dialect in page.needs:
        running_server(dialect)  # skips where there is none
    urls = {variable: fresh_database(dialect) for variable, dialect in page.servers.items()}
    carry_out(page, tmp_path / "project", urls)


def test_what_is_printed_is_compared() -> None:
    printed = ["one 0.12 s", "", "two", "sqlite 3.40.1"]
    assert alike(["one 9.99 s", "two", "sqlite 3.50"], printed)
    assert alike(["one 1 s", "..."], printed)
    assert alike(["...", "two", "..."], printed)
    assert not alike(["one 1 s"], printed)
    assert not alike(["...", "two"], printed)
    assert not alike(["one 1 s", "...", "three"], printed)


def test_a_page_that_shows_something_else_fails(tmp_path: Path) -> None:
    path = DOCS / "not-there.md"
    cases = {
        "```console\n$ echo one\ntwo\n```": "prints",
        "```console\n$ schemadrift chek\n```": "exit code 2",
        "```console\n$ echo 'Traceback'\n```": "Traceback",
        "<!-- run: false -->": "false",
    }
    for number, (text, said) in enumerate(cases.items()):
        with pytest.raises(AssertionError, match=said):
            carry_out(read(path, text), tmp_path / str(number), {})
    fine = '```toml title="a/b.toml"\nx = 1\n```\n\n```console\n$ cat a/b.toml\nx = 1\n$ (exit 1)\n$ echo $?\n1\n```\n'
    carry_out(read(path, fine), tmp_path / "fine", {})


def test_the_picture_of_a_failure_shows_what_is_printed() -> None:
    """Its text is that of the README's transcript, which is run; to draw it anew: python docs/screenshot.py."""
    drawn = solid(html.unescape(re.sub(r"<[^>]+>", "", (DOCS / "images" / "failure.svg").read_text("utf-8"))))
    transcript = next(
        block for block in read(ROOT / "README.md").blocks if block.language == "console" and "SHOP_DRIFT" in block.text
    )
    said = [line for line in transcript.text.splitlines() if line.startswith(("SD", "   shop/", "to fix it", "ALTER"))]
    assert len(said) > 5
    assert [line for line in said if solid(line) not in drawn] == []


def solid(text: str) -> str:
    """Without the space between words: where colours change, a picture has none."""
    return re.sub(r"\s+", "", text)
