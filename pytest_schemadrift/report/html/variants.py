"""Tenants by what differs: a row for all tenants of which the same is true, with the names of all of them."""

from __future__ import annotations

from collections.abc import Mapping

from pytest_schemadrift.planning.describe import describe
from pytest_schemadrift.planning.drift import Drift
from pytest_schemadrift.report.html.pieces import folded, listing, state, text
from pytest_schemadrift.report.words import pending_lines, unreadable_text
from pytest_schemadrift.schema.changes import simple_changes
from pytest_schemadrift.shown import listed

_FOLDED_FROM = 12
"""So many names still stand in their row."""
_CHANGES = 5
"""Differences that a row tells of its variant; the section that it leads to has all."""


def variants(drifts: Mapping[str, Drift]) -> str:
    """The table of the variants, by the anchors of their sections; nothing where there are no tenants."""
    known = {anchor: drift for anchor, drift in drifts.items() if drift.tenants}
    if not known:
        return ""
    return "\n".join(
        [
            '<section class="variants" aria-labelledby="variants-h">',
            '<h2 id="variants-h">Tenants by what differs</h2>',
            '<p class="filter" data-of="groups" hidden><label>Only groups with '
            '<input type="search" autocomplete="off" spellcheck="false"></label> in a tenant or a difference</p>',
            '<div class="scroll" tabindex="0" role="region" aria-labelledby="variants-h">',
            "<table><thead><tr><th>Tenants</th><th>Verdict</th><th>Differences</th><th>Names</th></tr></thead>",
            f"<tbody>{''.join(_row(drift, anchor) for anchor, drift in known.items())}</tbody></table>",
            "</div>",
            "</section>",
        ]
    )


def _row(drift: Drift, anchor: str) -> str:
    number = f'<a href="#{anchor}">{len(drift.tenants):,}</a> <span class="quiet">{text(drift.connection)}</span>'
    return f"<tr><td>{number}</td><td>{state(drift)}</td><td>{_differences(drift)}</td><td>{_names(drift)}</td></tr>"


def _differences(drift: Drift) -> str:
    if drift.skipped:
        return text(drift.skipped)
    changes = [part for step in drift.steps for part in simple_changes(step.change)]
    found = [*pending_lines(drift), *(f"{part.code} {describe(part)}" for part in changes)]
    found += [unreadable_text(item) for item in drift.unreadable]
    if not found:
        return ""
    more = [f"and {len(found) - _CHANGES} more"] if len(found) > _CHANGES else []
    return listing(text(line) for line in (*found[:_CHANGES], *more))


def _names(drift: Drift) -> str:
    names = text(listed(drift.tenants))
    return names if len(drift.tenants) < _FOLDED_FROM else folded(f"{len(drift.tenants):,} names", f"<p>{names}</p>")
