"""JUnit XML as CI systems read it: a suite per connection, a case per table."""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree import ElementTree as Xml

from pytest_schemadrift.plan import Drift, Step
from pytest_schemadrift.report.words import origin_of, summary
from pytest_schemadrift.wording import describe, subject

OTHER = "[other]"
"""The case for what belongs to no table."""


def report_junit(drifts: Iterable[Drift]) -> str:
    """Return the report as JUnit XML."""
    root = Xml.Element("testsuites", name="schemadrift")
    for drift in drifts:
        _suite(root, drift)
    Xml.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + Xml.tostring(root, encoding="unicode") + "\n"


def _suite(root: Xml.Element, drift: Drift) -> None:
    by_table: dict[str, list[Step]] = {str(name): [] for name in drift.tables}
    by_table[OTHER] = []
    for step in drift.steps:
        table = subject(step.change)[0]
        by_table.setdefault(str(table) if table else OTHER, []).append(step)
    failures = sum(bool(steps) for steps in by_table.values())
    suite = Xml.SubElement(
        root,
        "testsuite",
        name=drift.connection,
        tests=str(len(by_table)),
        failures=str(failures),
        errors=str(len(drift.unreadable)),
    )
    for title, steps in by_table.items():
        case = Xml.SubElement(suite, "testcase", classname=f"schemadrift.{drift.connection}", name=title)
        if not steps:
            continue
        origin = next((found for step in steps if (found := origin_of(drift, step.change))), None)
        if origin is not None:
            case.set("file", origin.path)
            case.set("line", str(origin.line))
        text = "\n".join(f"{describe(step.change)}\n" + "\n".join(f"{sql};" for sql in step.sql) for step in steps)
        Xml.SubElement(case, "failure", message=summary(tuple(steps))).text = text
    for item in drift.unreadable:
        case = Xml.SubElement(suite, "testcase", classname=f"schemadrift.{drift.connection}", name=item.name)
        Xml.SubElement(case, "error", message=item.reason).text = item.sql
