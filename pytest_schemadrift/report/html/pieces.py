"""The small pieces of the page; whatever comes from outside is escaped here, and passwords are masked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from html import escape

from pytest_schemadrift.errors import mask
from pytest_schemadrift.planning.drift import Drift
from pytest_schemadrift.report.html.definitions import Pair, Run, word_runs
from pytest_schemadrift.report.words import verdict

_SQL = re.compile(
    r"(?P<s>'(?:[^']|'')*')|(?P<i>\"(?:[^\"]|\"\")*\"|`(?:[^`]|``)*`)|(?P<c>--[^\n]*)|(?P<k>\b[A-Z][A-Z]+\b)"
)
"""Strings, quoted names (which are left as they are), comments, keywords."""


_ODD = re.compile("[\x00-\x08\x0b-\x1f\x7f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
"""Characters that nobody sees, or that turn the direction of what follows: a name must not look like another one."""


def text(value: object) -> str:
    """Any text as HTML; characters that hide are named, and turn nothing but themselves."""
    return _shown(mask(str(value)))


def attribute(value: object) -> str:
    """Any text as the value of an attribute, to be put into double quotes."""
    return escape(mask(str(value)))


def _shown(value: str) -> str:
    return _ODD.sub(_named, escape(value))


def _named(found: re.Match[str]) -> str:
    character = found[0]
    code = f"U+{ord(character):04X}"
    kept = f"&#{ord(character)};" if character == "\r" else character  # a bare one would be read as a line's end
    return f'<bdi class="odd" data-code="{code}">{kept}</bdi>'


def badge(kind: str, words: str) -> str:
    """A few words with a frame: ``kind`` is ``good``, ``bad`` or ``warn``, which must not be all that tells."""
    return f'<span class="badge {kind}">{text(words)}</span>'


def state(drift: Drift) -> str:
    """What was found of a connection, as a badge."""
    if drift.in_sync:
        return badge("good", "in sync")
    return badge("warn", "not checked") if drift.skipped else badge("bad", verdict(drift).partition(" from ")[0])


def facts(values: Mapping[str, str]) -> str:
    """Names with what is known of them; what is empty is left out."""
    rows = "".join(f"<dt>{text(name)}</dt><dd>{text(value)}</dd>" for name, value in values.items() if value)
    return f'<dl class="facts">{rows}</dl>'


def listing(items: Iterable[str], attributes: str = "") -> str:
    """Items, which are HTML already, as a list."""
    return f"<ul{attributes}>{''.join(f'<li>{item}</li>' for item in items)}</ul>"


def folded(summary: str, content: str, attributes: str = "") -> str:
    """Content, which is HTML already, that is opened by who wants to see it."""
    return f"<details{attributes}><summary>{text(summary)}</summary>{content}</details>"


def sql_block(statements: Iterable[str], of: str, *, is_whole: bool = True) -> str:
    """Statements; ``of`` says what they are about to who does not see where they stand.

    Where they are not a whole that may be run by itself, they have no button to copy them.
    """
    lines = "\n".join(f"{statement};" for statement in statements)
    label = attribute(of)
    block = f'<pre class="sql" tabindex="0" role="region" aria-label="SQL: {label}">{_highlighted(lines)}</pre>'
    return f'<div class="copied" data-of="{label}">{block}</div>' if is_whole else block


def command_block(command: str) -> str:
    """A command to be copied."""
    return f'<div class="copied" data-of="the command"><pre class="command">{text(command)}</pre></div>'


def _highlighted(sql: str) -> str:
    pieces, end = [], 0
    sql = mask(sql)
    for found in _SQL.finditer(sql):
        pieces.append(_shown(sql[end : found.start()]))
        kind = found.lastgroup
        pieces.append(_shown(found[0]) if kind == "i" else f'<span class="{kind}">{_shown(found[0])}</span>')
        end = found.end()
    return "".join([*pieces, _shown(sql[end:])])


def sides(pairs: Sequence[Pair], source: str, target: str, of: str) -> str:
    """Two definitions side by side, the words that differ marked; nothing where there is nothing to show."""
    if not pairs:
        return ""
    if all(pair.old is None and not pair.gap for pair in pairs):
        rows = _one_side(pairs, '<td class="none">not there</td>{}')
    elif all(pair.new is None and not pair.gap for pair in pairs):
        rows = _one_side(pairs, '{}<td class="none">not there</td>')
    else:
        rows = "".join(_row(pair) for pair in pairs)
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="Both definitions: {attribute(of)}">'
        f'<table class="sides"><thead><tr><th scope="col">{text(source)}: is</th>'
        f'<th scope="col">{text(target)}: should be</th></tr></thead><tbody>{rows}</tbody></table></div>'
    )


def _one_side(pairs: Sequence[Pair], row: str) -> str:
    """Something that only one side has: one cell for all of it."""
    removed = any(pair.old is not None for pair in pairs)
    lines = "\n".join(pair.old or pair.new or "" for pair in pairs)
    return f"<tr>{row.format(_cell([(lines, False)], removed=removed))}</tr>".replace("\n</", "</")


def _row(pair: Pair) -> str:
    if pair.gap:
        return f'<tr><td class="gap" colspan="2">{pair.gap} equal lines</td></tr>'
    if pair.is_same:
        return f"<tr><td>{text(pair.old)}</td><td>{text(pair.new)}</td></tr>"
    old, new = pair.old, pair.new
    left, right = word_runs(old or "", new or "") if old and new else ([(old or "", True)], [(new or "", True)])
    return f"<tr>{_cell(left if old is not None else [], removed=True)}{_cell(right if new is not None else [])}</tr>"


def _cell(runs: Sequence[Run], *, removed: bool = False) -> str:
    if not runs:
        return "<td></td>"
    tag, kind = ("del", "was") if removed else ("ins", "will")
    words = "".join(f"<{tag}>{text(piece)}</{tag}>" if is_marked else text(piece) for piece, is_marked in runs)
    return f'<td class="{kind}">{words}</td>'
