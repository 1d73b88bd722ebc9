"""The HTML page, opened in a real headless Chromium."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_schemadrift.commands.renames import accepted_renames
from pytest_schemadrift.dialects import get_dialect
from pytest_schemadrift.planning.build import build_plan
from pytest_schemadrift.planning.codes import HAZARDS
from pytest_schemadrift.planning.drift import Drift
from pytest_schemadrift.planning.normalize import normalize
from pytest_schemadrift.planning.policy import Ignored, Policy, suited
from pytest_schemadrift.planning.renames import propose_renames
from pytest_schemadrift.report.formats import Look
from pytest_schemadrift.report.html import report_html
from pytest_schemadrift.report.html.definitions import Definitions, Pair, side_by_side, word_runs
from pytest_schemadrift.report.html.picture import BOX_WIDTH, LANE, MOST_SHOWN, Edge, Layout, Node, draw
from pytest_schemadrift.report.made import of_this_run
from pytest_schemadrift.schema.changes import (
    CreateExtension,
    CreateNamespace,
    CreateTable,
    DropExtension,
    DropNamespace,
    simple_changes,
)
from pytest_schemadrift.schema.evolve import evolve
from pytest_schemadrift.schema.model import Name, UnsupportedObject
from pytest_schemadrift.sources.database import open_server
from pytest_schemadrift.sources.locations import Origin
from tests.harness import compare_with_script, load, run

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
HOSTILE = "<script>document.title='owned'</script>\"'&"
OLD = """
CREATE TABLE users (id INTEGER PRIMARY KEY, name VARCHAR(10), gone INT);
CREATE TABLE posts (id INTEGER PRIMARY KEY, author INT REFERENCES users (id));
CREATE TABLE extra (a INT);
"""
NEW = """
CREATE TABLE users (id INTEGER PRIMARY KEY, name VARCHAR(20));
CREATE TABLE posts (id INTEGER PRIMARY KEY, author INT REFERENCES users (id));
CREATE TABLE notes (a INT, parent INT REFERENCES notes (a));
CREATE INDEX "by <b>author</b>" ON posts (author);
"""


@pytest.fixture
def drift(fresh_database: Callable[[str], str]) -> Drift:
    async def compare() -> Drift:
        async with open_server(fresh_database("sqlite")) as server:
            await load(server, OLD)
            return await compare_with_script(server, NEW)

    with ThreadPoolExecutor(1) as elsewhere:  # this thread has the browser's event loop
        found = elsewhere.submit(lambda: run(compare())).result()
    tables = tuple(Name("", name) for name in ("extra", "notes", "posts", "users"))
    return Drift(
        HOSTILE,
        "sqlite",
        server_version="3.40",
        database="mysql://u:s3cret@h/d",
        plan=found.plan,
        compared=found.compared,
        proven=found.proven,
        tables=tables,
        old=found.old,
        new=found.new,
        notes=(HOSTILE,),
        unreadable=(UnsupportedObject("view", HOSTILE, "nobody can", f"CREATE {HOSTILE}"),),
    )


def test_the_header_says_when_where_and_by_which_command(tmp_path: Path) -> None:
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", "-C", str(tmp_path)]
    for words in (["init", "-q"], ["commit", "-q", "--allow-empty", "-m", "one"]):
        subprocess.run([*git, *words], check=True)
    made = of_this_run(["schemadrift", "--database-url", "mysql://u:s3cret@h/d", "check"], tmp_path)
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC", made.when)
    said = report_html([Drift("main", "mysql", server_version="9.7.1 Community")], Look(made=made))
    header = said.partition("<header>")[2].partition("</header>")[0]
    assert made.commit and made.when in header and f"commit {made.commit}" in header
    assert "schemadrift --database-url mysql://" in header and "s3cret" not in said
    assert "mysql 9.7.1</span>" in header


def test_variants_of_tenants_can_be_folded() -> None:
    said = report_html([Drift("main", "postgres", tenants=("a", "b")), Drift("other", "postgres")])
    assert said.count("<details><summary><h2") == 1, "those in sync are folded"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no browser: there is no Chromium on this machine")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield opened
        opened.close()


@pytest.fixture
def show(browser: Browser, tmp_path: Path) -> Iterator[Callable[..., Page]]:
    """Open a page of these drifts; at the end, nothing may have been asked of a network or gone wrong."""
    wrong: list[str] = []
    contexts = []

    def opened(*drifts: Drift, **options: Any) -> Page:
        path = tmp_path / "report.html"
        path.write_text(report_html(drifts), encoding="utf-8")
        contexts.append(browser.new_context(**options))
        page = contexts[-1].new_page()
        page.on("request", lambda request: None if request.url == path.as_uri() else wrong.append(request.url))
        page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(path.as_uri())
        return page

    yield opened
    for context in contexts:
        context.close()
    assert [item for item in wrong if not item.startswith("data:")] == []


def test_it_says_what_drifted_where_and_what_to_do(show: Callable[..., Page], drift: Drift) -> None:
    page = show(drift)
    assert page.get_by_role("heading", name="users", exact=True).is_visible()
    card = page.get_by_role("article", name="users")
    assert card.get_by_text("column users.gone (INT) is extra").is_visible()
    changed = card.get_by_role("region", name="Both definitions: column users.name is").locator("tbody tr")
    assert changed.locator("td").all_inner_texts() == ['"name" VARCHAR(10)', '"name" VARCHAR(20)']
    assert changed.locator("del, ins").all_inner_texts() == ["10", "20"]
    gone = card.get_by_role("region", name="Both definitions: column users.gone").locator("tbody td")
    assert gone.all_inner_texts() == ['"gone" INT', "not there"]
    assert "ALTER TABLE" in card.locator("pre.sql").first.inner_text()
    card.get_by_text("The whole table on both sides").click()
    whole = card.get_by_role("region", name="Both definitions: all of users").locator("tbody tr")
    assert whole.first.locator("td").all_inner_texts() == ['CREATE TABLE "users" ('] * 2
    assert page.get_by_role("heading", name="What to do next").is_visible()
    assert page.locator("svg a.missing[aria-label='notes: missing']").count() == 1


def test_groups_of_tenants_can_be_filtered_by_a_name_or_a_difference(show: Callable[..., Page], drift: Drift) -> None:
    many = tuple(f"t{number:02d}" for number in range(20))
    odd = replace(drift, connection="main", tenants=("odd one",), unreadable=(), notes=())
    page = show(
        Drift("main", "sqlite", tenants=many),
        odd,
        Drift("main", "sqlite", tenants=("gone",), skipped="not checked: nobody answered", failed=True),
    )
    rows = page.locator(".variants tbody tr")
    assert rows.count() == 3
    words = page.get_by_role("searchbox", name="Only groups with")
    told = page.get_by_role("status")
    for word, shown in (
        ("USERS.GONE", [1]),
        ("t17", [0]),
        (" nobody ", [2]),
        ("main", [0, 1, 2]),
        ("zebra", []),
        ("", [0, 1, 2]),
    ):
        words.fill(word)
        assert [place for place in range(3) if rows.nth(place).is_visible()] == shown, word
        assert told.inner_text() == f"{len(shown)} of 3 groups"
    assert not rows.nth(0).get_by_text("t17").is_visible(), "many names are folded"
    rows.nth(0).get_by_text("20 names").click()
    assert rows.nth(0).get_by_text("t17").is_visible()
    rows.nth(1).get_by_role("link").click()
    section = page.locator(str(rows.nth(1).get_by_role("link").get_attribute("href")))
    assert "odd one" in section.inner_text()


def test_hostile_names_are_only_text(show: Callable[..., Page], drift: Drift) -> None:
    page = show(drift)
    assert page.title() != "owned"
    assert page.get_by_role("heading", level=2).first.inner_text().startswith(HOSTILE)
    assert page.locator("b").count() == 0
    assert page.evaluate("() => document.querySelectorAll('script').length") == 1
    assert "s3cret" not in page.content()


def test_a_name_cannot_look_like_another_one(show: Callable[..., Page]) -> None:
    """Characters that hide, or that turn what follows, are named; the SQL to be copied still has them."""
    name = "a\u202ebc\u200b\rd"
    drift = _planned("CREATE TABLE t (a int);", f'CREATE TABLE t (a int, "{name}" int);', "postgres")
    page = show(drift)
    (card,) = page.get_by_role("article", name="t", exact=True).all()
    codes = "(all) => all.map((e) => e.dataset.code)"
    assert "a\\u202ebc\\u200b\\x0dd" in card.locator("h4").first.inner_text()  # words have escapes, as in any format
    assert card.locator("pre.sql bdi").evaluate_all(codes) == ["U+202E", "U+200B", "U+000D"]
    assert card.locator("pre.sql").evaluate("(pre) => pre.textContent") == f"{drift.plan.sql()[0]};"


def test_half_a_character_can_be_written() -> None:
    text = report_html([Drift("c", "sqlite", database="data\udcff.sqlite3")])
    assert "data?.sqlite3" in text.encode("utf-8").decode("utf-8")


def test_no_other_script_can_run(show: Callable[..., Page], drift: Drift) -> None:
    page = show(drift)
    policy = page.locator("meta[http-equiv]").get_attribute("content") or ""
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_has_enough_contrast(scheme: str, show: Callable[..., Page], drift: Drift) -> None:
    """WCAG 2 AA: 4.5 to 1, computed from what the browser draws."""
    page = show(drift, color_scheme=scheme)
    page.evaluate("() => document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    low = page.evaluate(CONTRAST)
    assert low == []
    assert page.evaluate("() => getComputedStyle(document.body).backgroundColor") == (
        "rgb(247, 247, 245)" if scheme == "light" else "rgb(15, 18, 22)"
    )


FOCUSED = "() => document.activeElement.getAttribute('aria-label') || document.activeElement.textContent.trim()"
CONTRAST = """() => {
  const parse = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
  const linear = (v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const light = (c) => { const [r, g, b] = c.slice(0, 3).map((v) => linear(v / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const back = (el) => { for (let at = el; at; at = at.parentElement) {
      const c = parse(getComputedStyle(at).backgroundColor); if (c.length === 3 || c[3] > 0) return c.slice(0, 3); }
    return [255, 255, 255]; };
  const low = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const el = node.parentElement;
    if (!node.textContent.trim() || el.closest("svg, script, style") || !el.checkVisibility()) continue;
    const [a, b] = [light(parse(getComputedStyle(el).color).slice(0, 3)), light(back(el))].sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) low.push(node.textContent.trim().slice(0, 40));
  }
  for (const text of document.querySelectorAll("svg text")) {
    const box = text.closest(".table").querySelector("rect");
    const [a, b] = [text, box].map((el) => light(parse(getComputedStyle(el).fill))).sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) low.push(text.textContent);
  }
  return low;
}"""


def test_the_keyboard_reaches_everything(show: Callable[..., Page], drift: Drift) -> None:
    page = show(drift)
    seen = []
    for _ in range(80):
        page.keyboard.press("Tab")
        seen.append(page.evaluate(FOCUSED))
        if seen[-1].startswith("The whole script"):
            break
    order = [seen.index(text) for text in ("Skip to the report", HOSTILE, "users: 2 changes", "users", "SD202")]
    assert order == sorted(order) and order[0] == 0
    assert any(text.startswith("SQL: column users.gone") for text in seen)
    assert seen[-1].startswith("The whole script")
    page.locator("svg a[aria-label='users: 2 changes']").focus()
    page.keyboard.press("Enter")
    assert page.locator(":target").get_by_role("heading", name="users", exact=True).is_visible()


def test_a_screen_reader_finds_its_way(show: Callable[..., Page], drift: Drift) -> None:
    page = show(drift)
    for role in ("banner", "main", "contentinfo"):
        assert page.get_by_role(role).count() == 1, role  # type: ignore[arg-type]
    for name in ("Connections", f"Tables of {HOSTILE}"):
        assert page.get_by_role("navigation", name=name).count() == 1
    assert page.get_by_role("region", name=f"Picture of the tables of {HOSTILE}").count() == 1
    levels = page.eval_on_selector_all("h1, h2, h3, h4", "(all) => all.map((h) => Number(h.tagName[1]))")
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    ids = page.eval_on_selector_all("[id]", "(all) => all.map((e) => e.id)")
    assert len(ids) == len(set(ids))
    links = page.eval_on_selector_all("a[href^='#']", "(all) => all.map((a) => a.getAttribute('href').slice(1))")
    assert set(links) <= set(ids)
    described = page.eval_on_selector_all(
        "[aria-labelledby]", "(all) => all.map((e) => e.getAttribute('aria-labelledby'))"
    )
    assert {word for text in described for word in text.split()} <= set(ids)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_to_complain_about(scheme: str, show: Callable[..., Page], drift: Drift) -> None:
    page = show(drift, Drift("other", "postgres", skipped="nobody answers"), color_scheme=scheme)
    page.evaluate("() => document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    found = Axe().run(page)
    assert [(rule["id"], rule["nodes"][0]["html"]) for rule in found.response["violations"]] == []


def test_the_whole_script_is_copied_and_no_part_of_a_guarded_one(show: Callable[..., Page], drift: Drift) -> None:
    page = show(drift, permissions=["clipboard-read", "clipboard-write"])
    assert page.locator("article button").count() == 0
    page.get_by_role("article", name="users").get_by_role("link", name="the whole script").first.click()
    page.get_by_role("button", name="Copy: the whole script").click()
    page.locator("#said", has_text="Copied").wait_for(state="attached")
    assert page.evaluate("() => navigator.clipboard.readText()") == "\n".join(f"{sql};" for sql in drift.plan.sql())


def test_each_change_that_stands_alone_can_be_copied(show: Callable[..., Page]) -> None:
    """Where the clipboard is not to be had, the text is selected."""
    drift = _planned("CREATE TABLE t (a int, b text);", "CREATE TABLE t (a bigint, c text);", "postgres")
    page = show(drift)
    assert page.locator("article button").count() == len(drift.steps) == 3
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('no')); }")
    page.get_by_role("button", name="Copy: column t.c (text) is missing").click()
    page.locator("#said", has_text="Selected").wait_for(state="attached")
    assert page.evaluate("() => String(getSelection())") == 'ALTER TABLE "t" ADD COLUMN "c" text;'


def test_lists_are_filtered(show: Callable[..., Page], drift: Drift) -> None:
    tables = tuple(Name("", f"t{number}") for number in range(20))
    page = show(replace(drift, tables=(*drift.tables, *tables)))
    page.get_by_label("Only tables with").fill("T1")
    assert page.locator("nav.tables li:visible").all_inner_texts() == ["t1", *(f"t1{number}" for number in range(10))]
    assert page.locator("#said").inner_text() == "11 of 24 tables"
    page.get_by_label("Only tables with").fill("us")
    assert page.locator("nav.tables li:visible").all_inner_texts() == ["users (2 changes)"]


def test_without_a_script_all_of_it_is_there(show: Callable[..., Page], drift: Drift) -> None:
    tables = tuple(Name("", f"t{number}") for number in range(20))
    page = show(replace(drift, tables=(*drift.tables, *tables)), java_script_enabled=False)
    assert page.get_by_text("column users.gone (INT) is extra").is_visible()
    page.get_by_text("In sync (20)").click()
    assert page.get_by_text("t19").is_visible()
    assert not page.locator(".filter").is_visible()


def test_a_narrow_window_scrolls_in_one_direction(show: Callable[..., Page], drift: Drift) -> None:
    page = show(drift, viewport={"width": 360, "height": 700})
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 360
    assert page.locator("table.sides").count()
    for sides in page.locator("table.sides").all():
        assert sides.evaluate("table => table.scrollWidth <= table.parentElement.clientWidth"), "both sides are seen"


def test_a_wide_picture_begins_where_something_drifted(show: Callable[..., Page]) -> None:
    tables = "".join(f"CREATE TABLE t{n} (id INTEGER PRIMARY KEY);" for n in range(9))
    found = _with_tables(_planned(tables, tables.replace("t7 (", "t7 (name TEXT, "), "sqlite"))
    page = show(found, viewport={"width": 390, "height": 900})
    box = page.locator("svg .table:not(.same)").bounding_box()
    assert box is not None
    assert box["x"] >= 0 and box["x"] + box["width"] <= 390


def test_a_thousand_tables_show_what_matters(show: Callable[..., Page], drift: Drift) -> None:
    names = tuple(Name("", f"table_{number:04}") for number in range(1000))
    nodes = [
        Node(str(name), *(("drifted", "1 change") if number % 100 == 0 else ())) for number, name in enumerate(names)
    ]
    edges = [Edge(str(names[number]), str(names[number // 2])) for number in range(1, 1000)]
    drawn = draw(nodes, edges, "many", "p")
    assert drawn.shown <= MOST_SHOWN
    assert all(f"table_{number:04}: 1 change" in drawn.svg for number in range(0, 1000, 100))
    many = Drift("many", "sqlite", tables=(*drift.tables, *names), plan=drift.plan, old=drift.old, new=drift.new)
    page = show(many)
    assert page.get_by_text("In sync (1000)").is_visible()


class _Tags(HTMLParser):
    """Sees that every element is closed, in order."""

    VOID = ("meta", "link", "input", "br")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _ in attrs}) == len(attrs)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_markup_is_well_formed_and_the_same_every_time(drift: Drift) -> None:
    skipped = Drift("other", "postgres", skipped="skipped: nobody answers")
    text = report_html([drift, skipped])
    assert text == report_html([drift, skipped])
    tags = _Tags()
    tags.feed(text)
    assert tags.open == []
    assert not re.search(r"https?://", re.sub(r"<style>.*?</style>", "", text, flags=re.DOTALL))
    assert "not checked" in text and "nobody answers" in text


@pytest.mark.slow
@given(st.data())
@settings(max_examples=60, deadline=None, database=None)
def test_no_box_and_no_line_lies_on_a_box(data: st.DataObject) -> None:
    """In every row, what stands there and the lines that pass through keep their distance; circles or not."""
    names = [f"t{number}" for number in range(data.draw(st.integers(1, 30)))]
    pairs = data.draw(st.lists(st.tuples(st.sampled_from(names), st.sampled_from(names)), max_size=60))
    edges = [Edge(*pair) for pair in sorted(set(pairs))]
    layout = Layout(names, edges)
    assert set(names) <= set(layout.places)
    rows: dict[int, list[tuple[float, float]]] = {}
    for item, (middle, top) in layout.places.items():
        half = (BOX_WIDTH if isinstance(item, str) else LANE) / 2
        rows.setdefault(top, []).append((middle - half, middle + half))
    for spans in rows.values():
        spans.sort()
        assert all(left[1] < right[0] for left, right in pairwise(spans)), spans
        assert spans[0][0] >= 0
    nodes = [Node(name) for name in names]
    drawn = draw(nodes, edges, "any", "p")
    assert draw(nodes[::-1], data.draw(st.permutations(edges)), "any", "p") == drawn
    assert drawn.relations == len(edges)


def test_relations_that_only_one_side_has_are_drawn_and_told() -> None:
    edges = [Edge("a", "b", "missing"), Edge("a", "c", "extra"), Edge("a", "d", "extra"), Edge("a", "d", "missing")]
    svg = draw([Node(name) for name in "abcd"], edges, "any", "p").svg
    assert re.findall('class="edge ([a-z]+)"', svg) == ["missing", "extra", "same"]
    assert "The relation from a to b is missing. The relation from a to c is extra.</desc>" in svg


def test_a_name_hides_nothing_and_turns_nothing_in_the_picture() -> None:
    svg = draw(
        [Node("a\u202eb\x1b[2Jc", "missing", "no\x9bte"), Node("d")], [Edge("d", "a\u202eb\x1b[2Jc")], "e\u2066f", "p"
    ).svg
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\u2066]", svg)
    assert svg.count("a\\u202eb\\x1b[2Jc") == 3


def test_of_many_tables_each_drifted_one_comes_with_a_neighbour() -> None:
    nodes = [Node(f"t{number}", "drifted" if number < 10 else "same") for number in range(1000)]
    edges = [Edge(f"t{number}", f"t{number % 10}") for number in range(10, 1000)]
    drawn = draw(nodes, edges, "stars", "p")
    assert drawn.shown == MOST_SHOWN
    assert drawn.relations == MOST_SHOWN - 10


def test_long_names_keep_their_beginning_and_their_end() -> None:
    drawn = draw([Node("application_order_line_status")], [], "one", "p")
    assert "applicatio…ine_status" in drawn.svg
    assert "表表表表表…表表表表表<" in draw([Node("表" * 30)], [], "one", "p").svg


def _planned(old: str, new: str, dialect: str) -> Drift:
    """The drift between two scripts, found without a server."""
    chosen = get_dialect(dialect)
    facts = chosen.default_info
    before, wanted = chosen.parse(old, facts), chosen.parse(new, facts)
    renames = accepted_renames(re.findall(r"^-- rename: (.+)$", old, re.MULTILINE), before, wanted)
    policy = suited(Policy(whole=True), chosen.capabilities(facts))
    after, _ = normalize(evolve(before, renames), wanted, policy)
    return Drift("c", dialect, plan=build_plan(before, after, chosen, facts, renames=renames), old=before, new=after)


STORIES = sorted(path.parent for path in (Path(__file__).parents[1] / "cases").rglob("old.sql"))
NO_TWO_SIDES = (CreateTable, CreateNamespace, DropNamespace, CreateExtension, DropExtension)
"""Of these the SQL and the words say all."""


@pytest.mark.slow
@pytest.mark.parametrize("dialect", ["postgres", "mysql", "mariadb", "sqlite"])
def test_every_change_shows_two_definitions_that_differ(dialect: str) -> None:
    shown = 0
    for folder in STORIES:
        if not (folder / "new.sql").exists() or not any(folder.glob(f"expected.{dialect}*.sql")):
            continue
        drift = _planned((folder / "old.sql").read_text(), (folder / "new.sql").read_text(), dialect)
        definitions = Definitions(drift)
        for step in drift.steps:
            for change in simple_changes(step.change):
                pairs = definitions.of_change(change)
                assert isinstance(change, NO_TWO_SIDES) or any(not pair.is_same for pair in pairs), (folder, change)
                shown += bool(pairs)
    assert shown > 50


def test_words_that_differ_are_marked_and_lines_without_likeness_as_a_whole() -> None:
    assert word_runs("a varchar(10) NULL", "a varchar(20) NULL") == (
        [("a varchar(", False), ("10", True), (") NULL", False)],
        [("a varchar(", False), ("20", True), (") NULL", False)],
    )
    assert word_runs("a int", "a (b + c) * 2 - d") == ([("a int", True)], [("a (b + c) * 2 - d", True)])


def test_lines_of_one_column_stand_next_to_each_other() -> None:
    before = ["a int", "b int", "c int"]
    after = ["b bigint", "c bigint", "d int"]
    assert side_by_side(before, after) == [
        Pair("a int", None),
        Pair("b int", "b bigint"),
        Pair("c int", "c bigint"),
        Pair(None, "d int"),
    ]


def test_long_equal_runs_are_left_out() -> None:
    before = [f"line {number}" for number in range(30)]
    after = [*before[:20], "new", *before[20:]]
    pairs = side_by_side(before, after)
    assert [pair for pair in pairs if not pair.is_same and not pair.gap] == [Pair(None, "new")]
    assert sum(pair.gap or pair.is_same for pair in pairs) == 30
    assert len(pairs) == 1 + 1 + 3 + 1 + 3 + 1 + 1


def test_hostile_names_of_tables_and_columns_are_only_text(show: Callable[..., Page]) -> None:
    """They stand in the picture, in the list, in headings, definitions, SQL and attributes."""
    name, column = HOSTILE.replace('"', '""'), HOSTILE.replace('"', '""') + "c"
    old = f'CREATE TABLE "{name}" (a INT); CREATE TABLE b (a INT);'
    new = f'CREATE TABLE "{name}" (a INT, "{column}" INT); CREATE TABLE b (a INT);'
    drift = _with_tables(_planned(old, new, "sqlite"))
    page = show(drift)
    assert page.title() != "owned"
    assert page.evaluate("() => document.querySelectorAll('script').length") == 1
    assert page.locator(f"svg a[aria-label={_quoted(f'{HOSTILE}: 1 change')}]").count() == 1
    assert page.locator("article h3").all_inner_texts() == [HOSTILE]
    head, _, tail = (page.locator("svg .name").first.text_content() or "").partition("…")
    assert head and HOSTILE.startswith(head) and tail and HOSTILE.endswith(tail)


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _with_tables(drift: Drift) -> Drift:
    names = {table.name for schema in (drift.old, drift.new) if schema for table in schema.tables}
    return replace(drift, tables=tuple(sorted(names)))


def test_the_focus_can_be_seen_wherever_it_is(show: Callable[..., Page], drift: Drift) -> None:
    page = show(drift)
    hidden = []
    for _ in range(30):
        page.keyboard.press("Tab")
        if not page.evaluate(FOCUS_IS_MARKED):
            hidden.append(page.evaluate(FOCUSED))
    assert hidden == []


FOCUS_IS_MARKED = """() => {
  const at = document.activeElement, style = getComputedStyle(at), box = at.querySelector("rect");
  const other = document.querySelector("svg a:not(:focus) rect");
  const isBoxMarked = box && getComputedStyle(box).strokeWidth !== getComputedStyle(other).strokeWidth;
  return isBoxMarked || (style.outlineStyle === "solid" && parseFloat(style.outlineWidth) >= 2);
}"""


def _content(drift: Drift) -> str:
    """The text of the page, without the explanations below it."""
    html = re.sub(r"<(style|script)>.*?</\1>", "", report_html([drift]), flags=re.DOTALL).partition('id="glossary"')[0]
    return unescape(re.sub(r"<[^>]+>", "", html))


def test_each_change_comes_with_its_line_and_hazards_and_the_rest_is_told_too() -> None:
    drift = _planned("CREATE TABLE t (colour INT, gone INT);", "CREATE TABLE t (color INT);", "postgres")
    assert drift.old is not None and drift.new is not None
    (table,) = drift.new.tables
    ignored = next(change for step in drift.steps for change in simple_changes(step.change))
    known = replace(
        _with_tables(drift),
        connection="default",
        proposals=propose_renames(drift.old, drift.new),
        origins={(table.name, None): Origin("shop/models.py", 17, "shop.T")},
        ignored=(Ignored(ignored, "ticket 12 <b>"),),
        unreadable=(UnsupportedObject("view", "v", "nobody can", "CREATE VIEW v"),),
    )
    told = _content(known)
    assert told.count("shop/models.py:17") == len(known.steps)
    hazards = [hazard for step in known.steps for hazard in step.hazards]
    assert hazards and all(hazard in told and HAZARDS[hazard].meaning in told for hazard in hazards)
    assert "--rename" in told and "t.color" in told
    assert "ticket 12 <b>" in told
    assert "view v could not be read: nobody can" in told and "CREATE VIEW v" in told
    assert "schemadrift apply --connection default" in told
    assert "not proven" in told
    assert "NOT proven: it fails" in _content(replace(known, proven=False, proof_note="it fails"))
    assert "proven: it was run on a scratch copy" in _content(replace(known, proven=True))


def test_a_table_with_a_part_that_could_not_be_read_is_never_called_in_sync() -> None:
    script = "CREATE TABLE t (a INT); CREATE TABLE u (a INT);"
    drift = _with_tables(_planned(script, script, "postgres"))
    t = drift.tables[0]
    assert "Every table is in sync" in _content(drift)
    drift = replace(drift, unreadable=(UnsupportedObject("index", "i", "nobody can", "CREATE INDEX i", t),))
    told = _content(drift)
    assert "Every table is in sync" not in told
    assert "t: in sync" not in told and "u: in sync" in told
    assert "2 tables, 1 not in sync" in told
    assert "Not in sync (1)" in told and "In sync (1)" in told
    assert told.count("index i could not be read: nobody can") == 1
    assert "What to do next" in _content(replace(drift, remedy="fix the migration 0002"))


@pytest.mark.slow
@pytest.mark.parametrize("changed", [0, 5, 1000])
def test_of_a_thousand_real_tables_the_picture_shows_some_or_is_left_out(changed: int) -> None:
    """With no table to be marked there is none worth a picture."""
    names = [f"table_{number:04}" for number in range(1000)]
    old = [f"CREATE TABLE {name} (a INT);" for name in names[: 1000 - changed]]
    new = [f"CREATE TABLE {name} (a INT);" for name in names]
    page = report_html([_with_tables(_planned("".join(old), "".join(new), "sqlite"))])
    assert page.count("<rect") == min(changed, 40)
    assert ("<figure>" in page) == (changed > 0)
    assert page.count('class="table missing"') == min(changed, 40)
    assert "Shown are 0" not in page
