"""JUnit XML as CI systems read it: a suite per connection, a case per table.

Valid by the strictest schema in use, that of Jenkins: no attribute tells a case's file, so its text begins with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from xml.etree import ElementTree as Xml

from pytest_schemadrift.errors import mask
from pytest_schemadrift.planning.describe import describe, subject
from pytest_schemadrift.planning.drift import Drift
from pytest_schemadrift.planning.plan import Step
from pytest_schemadrift.report.formats import PLAIN, Look
from pytest_schemadrift.report.places import from_checkout
from pytest_schemadrift.report.words import (
    cause_alone,
    connection_title,
    failed_migration,
    message,
    origin_of,
    pending_lines,
    proof_lines,
    summary,
    unreadable_text,
)
from pytest_schemadrift.schema.changes import simple_changes
from pytest_schemadrift.schema.model import Name
from pytest_schemadrift.shown import visible

OTHER = "everything-else"
"""The case for what belongs to no table of the models, named as the pytest item for it."""

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 cannot hold, not even escaped (section 2.2)."""
_TYPES = {"failure": "drift", "error": "unreadable"}


def report_junit(drifts: Iterable[Drift], look: Look = PLAIN) -> str:
    """Return the report as JUnit XML."""
    root = Xml.Element("testsuites", name="schemadrift")
    for drift in drifts:
        root.append(_suite(drift, look))
    for count in ("tests", "failures", "errors"):
        root.set(count, str(sum(int(suite.get(count, "0")) for suite in root)))
    Xml.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + Xml.tostring(root, encoding="unicode") + "\n"


def _suite(drift: Drift, look: Look) -> Xml.Element:
    suite = Xml.Element("testsuite", name=_legal(connection_title(drift)))
    if drift.tenants:
        known = Xml.SubElement(suite, "properties")
        for tenant in drift.tenants:
            Xml.SubElement(known, "property", name="tenant", value=_legal(mask(tenant)))
    told = cause_alone(drift, look)
    cases = [_case(drift, told, table) for table in (*drift.tables, None)]
    suite.set("tests", str(len(cases)))
    for count, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(count, str(sum(case.find(tag) is not None for case in cases)))
    suite.extend(cases)
    if drift.plan and drift.proof_without:
        Xml.SubElement(suite, "system-out").text = _legal("\n".join(proof_lines(drift)))
    return suite


def _case(drift: Drift, told: Drift, table: Name | None) -> Xml.Element:
    """A table's outcome; what follows from a migration that fails is skipped, as by pytest."""
    title = OTHER if table is None else str(table)
    case = Xml.Element("testcase", classname=_legal(f"schemadrift.{drift.connection}"), name=_legal(title))
    mine = set(drift.tables)
    steps = tuple(step for step in drift.steps if _owner(subject(step.change)[0], mine) == table)
    unreadable = [unreadable_text(item) for item in told.unreadable if _owner(item.table, mine) == table]
    texts = [_text(drift, step) for step in steps if told.plan]
    if drift.failed and table is None:
        _outcome(case, "error", mask(drift.skipped), [])
    elif drift.skipped:
        Xml.SubElement(case, "skipped", message=_legal(mask(drift.skipped)))
    elif table is None and drift.pending is not None and not unreadable:
        _outcome(case, "failure", drift.pending.sentence, [*pending_lines(drift), *texts])
    elif unreadable:
        _outcome(case, "error", _headline(unreadable, f"{len(unreadable)} not readable"), [*unreadable, *texts])
    elif steps and not told.plan:
        failed = failed_migration(drift)
        assert failed is not None
        Xml.SubElement(case, "skipped", message=_legal(f"not checked: the migration {failed.name} fails"))
    elif steps:
        sentences = [f"{part.code} {describe(part)}" for step in steps for part in simple_changes(step.change)]
        _outcome(case, "failure", _headline(sentences, summary(steps)), texts)
    return case


def _headline(sentences: Sequence[str], count: str) -> str:
    """What stands in a list of failures: the first sentence, and how many there are."""
    return sentences[0] if len(sentences) == 1 else f"{count}: {sentences[0]}; …"


def _owner(table: Name | None, mine: set[Name]) -> Name | None:
    return table if table in mine else None


def _text(drift: Drift, step: Step) -> str:
    origin = origin_of(drift, step.change)
    place = f"{from_checkout(origin.path)}:{origin.line}: " if origin is not None else ""
    return f"{place}{step.change.code} {message(drift, step)}"


def _outcome(case: Xml.Element, tag: str, line: str, texts: list[str]) -> None:
    """A case has at most one outcome: readers of this format count elements."""
    Xml.SubElement(case, tag, type=_TYPES[tag], message=_legal(line)).text = _legal("\n".join(texts))


def _legal(text: str) -> str:
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", visible(text))
