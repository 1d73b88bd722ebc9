"""JUnit XML as CI systems read it: a suite per connection, a case per table."""

from __future__ import annotations

import re
from collections.abc import Iterable
from xml.etree import ElementTree as Xml

from pytest_schemadrift.model import Name
from pytest_schemadrift.plan import Drift, Step
from pytest_schemadrift.report.words import message, origin_of, summary, unreadable_text
from pytest_schemadrift.wording import subject

OTHER = "everything-else"
"""The case for what belongs to no table of the models, named as the pytest item for it."""

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 cannot hold, not even escaped (section 2.2)."""


def report_junit(drifts: Iterable[Drift]) -> str:
    """Return the report as JUnit XML."""
    root = Xml.Element("testsuites", name="schemadrift")
    for drift in drifts:
        root.append(_suite(drift))
    for count in ("tests", "failures", "errors", "skipped"):
        root.set(count, str(sum(int(suite.get(count, "0")) for suite in root)))
    Xml.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + Xml.tostring(root, encoding="unicode") + "\n"


def _suite(drift: Drift) -> Xml.Element:
    suite = Xml.Element("testsuite", name=_legal(drift.connection or drift.database))
    cases = [_case(drift, table) for table in (*drift.tables, None)]
    suite.set("tests", str(len(cases)))
    for count, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(count, str(sum(case.find(tag) is not None for case in cases)))
    suite.extend(cases)
    return suite


def _case(drift: Drift, table: Name | None) -> Xml.Element:
    title = OTHER if table is None else str(table)
    case = Xml.Element("testcase", classname=_legal(f"schemadrift.{drift.connection}"), name=_legal(title))
    mine = set(drift.tables)
    steps = tuple(step for step in drift.steps if _owner(subject(step.change)[0], mine) == table)
    unreadable = [unreadable_text(item) for item in drift.unreadable if _owner(item.table, mine) == table]
    _place(case, drift, steps)
    if drift.skipped:
        Xml.SubElement(case, "skipped", message=_legal(drift.skipped))
    elif unreadable:
        _outcome(case, "error", f"{len(unreadable)} not readable", [*unreadable, *map(message, steps)])
    elif steps:
        _outcome(case, "failure", summary(steps), list(map(message, steps)))
    return case


def _owner(table: Name | None, mine: set[Name]) -> Name | None:
    return table if table in mine else None


def _place(case: Xml.Element, drift: Drift, steps: tuple[Step, ...]) -> None:
    origin = next((found for step in steps if (found := origin_of(drift, step.change))), None)
    if origin is not None:
        case.set("file", _legal(origin.path))
        case.set("line", str(origin.line))


def _outcome(case: Xml.Element, tag: str, line: str, texts: list[str]) -> None:
    """A case has at most one outcome: readers of this format count elements."""
    Xml.SubElement(case, tag, message=_legal(line)).text = _legal("\n".join(texts))


def _legal(text: str) -> str:
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)
