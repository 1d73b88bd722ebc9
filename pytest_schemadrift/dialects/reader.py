"""Reading DDL: tokens with their exact places, and the pieces of standard SQL that all dialects share.

Statements are read from tokens and not from the trees of a general SQL parser, because a tree forgets what a schema
must keep (``INT`` and ``INTEGER`` in SQLite, STRICT, NULLS NOT DISTINCT, the text of an expression as it was written).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple

from pytest_schemadrift.errors import DDLSyntaxError

if TYPE_CHECKING:
    from pytest_schemadrift.schema.model import ForeignKey, Name

WORD, QUOTED, STRING, NUMBER, SYMBOL = "word", "quoted", "string", "number", "symbol"


class Token(NamedTuple):
    """One token: ``text`` is unquoted for identifiers, as written for everything else; ``end`` is exclusive."""

    kind: str
    text: str
    start: int
    end: int
    upper: str
    """Upper case for words, as written for symbols, empty for everything that is quoted."""


_IN_COMMENT = re.compile(r"/\*|\*/")


def scan(sql: str, rules: re.Pattern[str], name: Callable[[str], str]) -> list[Token]:
    """Return the tokens of ``sql``, comments left out. Raises ``DDLSyntaxError`` for what is not closed.

    ``rules`` are a dialect's own. They match one token at any place, the space before it included, and have a group for
    each kind of token; ``nested`` for the beginning of a comment that may have others in it; ``open`` for the beginning
    of what has no end. ``name`` is what a ``quoted`` token stands for.
    """
    tokens: list[Token] = []
    append, match_at = tokens.append, rules.match
    position = 0
    while (match := match_at(sql, position)) is not None:
        kind = match.lastgroup
        position = match.end()
        if kind is None:  # the space at the end
            break
        text, start = match[kind], match.start(kind)
        if kind == WORD:
            append(Token(WORD, text, start, position, text.upper()))
        elif kind == SYMBOL:
            append(Token(SYMBOL, text, start, position, text))
        elif kind == STRING:
            append(Token(STRING, text, start, position, ""))
        elif kind == NUMBER:
            append(Token(NUMBER, text, start, position, text.upper()))
        elif kind == QUOTED:
            append(Token(QUOTED, name(text), start, position, ""))
        else:
            position = _end_of_comment(sql, position) if kind == "nested" else -1
            if position < 0:
                raise DDLSyntaxError(
                    f"this SQL text has a {text} that is not closed",
                    line=line_of(sql, start),
                    sql=sql[start : start + 400],
                    hint="close the comment" if kind == "nested" or text == "/*" else "close the quote",
                )
    return tokens


def _end_of_comment(sql: str, position: int) -> int:
    """Where the comment ends in which ``position`` is, comments in it included; -1 where it does not end."""
    depth = 1
    for mark in _IN_COMMENT.finditer(sql, position):
        depth += 1 if mark[0] == "/*" else -1
        if not depth:
            return mark.end()
    return -1


def line_of(sql: str, offset: int) -> int:
    """The 1-based line of a character offset."""
    return sql.count("\n", 0, offset) + 1


class TokenStream:
    """A cursor over tokens; every method moves it forward or leaves it where it is."""

    def __init__(self, sql: str, tokens: list[Token]) -> None:
        self.sql = sql
        self.tokens = tokens
        self.position = 0

    @property
    def done(self) -> bool:
        """Whether every token has been read."""
        return self.position >= len(self.tokens)

    def peek(self, ahead: int = 0) -> Token | None:
        """The next token, or the one ``ahead`` places after it; ``None`` past the end."""
        index = self.position + ahead
        return self.tokens[index] if index < len(self.tokens) else None

    def next(self) -> Token:
        """The next token, which is then read. Raises ``DDLSyntaxError`` at the end."""
        position = self.position
        if position >= len(self.tokens):
            raise self.error("the statement ends too early")
        self.position = position + 1
        return self.tokens[position]

    def at(self, *words: str) -> bool:
        """Whether the next tokens are exactly these words or symbols (upper case)."""
        position = self.position
        if len(words) == 1:
            return position < len(self.tokens) and self.tokens[position].upper == words[0]
        ahead = self.tokens[position : position + len(words)]
        if len(ahead) != len(words):
            return False
        for token, word in zip(ahead, words, strict=True):  # noqa: SIM110 - the hottest line of all reading
            if token.upper != word:
                return False
        return True

    def accept(self, *words: str) -> bool:
        """Read these words if they come next; says whether they did."""
        if self.at(*words):
            self.position += len(words)
            return True
        return False

    def accept_any(self, *words: str) -> str | None:
        """Read the next token if it is one of ``words``; returns it in upper case."""
        token = self.peek()
        if token is not None and token.upper in words and token.upper:
            self.position += 1
            return token.upper
        return None

    def expect(self, *words: str) -> None:
        """Read these words. Raises ``DDLSyntaxError`` if something else comes."""
        if not self.accept(*words):
            found = self.peek()
            raise self.error(f"expected {' '.join(words)}, found {found.text if found else 'the end'!r}")

    def identifier(self) -> str:
        """Read one identifier, quoted or not, as written (case folding is the dialect's business)."""
        token = self.next()
        if token.kind not in (WORD, QUOTED, STRING):
            self.position -= 1
            raise self.error(f"expected a name, found {token.text!r}")
        return token.text.strip("'") if token.kind == STRING else token.text

    def raw(self, first: int, last: int | None = None) -> str:
        """The source text from token index ``first`` up to (not including) token index ``last`` (here: the cursor)."""
        last = self.position if last is None else last
        if first >= last:
            return ""
        return self.sql[self.tokens[first].start : self.tokens[last - 1].end]

    def group(self) -> TokenStream:
        """Read a parenthesised group and return a stream over what is inside it."""
        self.expect("(")
        first, depth = self.position, 1
        while depth:
            token = self.next()
            if token.upper == "(":
                depth += 1
            elif token.upper == ")":
                depth -= 1
        return self.part(first, self.position - 1)

    def part(self, first: int, last: int) -> TokenStream:
        """A stream over the tokens from index ``first`` up to (not including) ``last``."""
        return TokenStream(self.sql, self.tokens[first:last])

    def items(self) -> list[TokenStream]:
        """Split what is left at its top-level commas; reads all of it."""
        parts, first, depth = [], self.position, 0
        for index in range(self.position, len(self.tokens)):
            mark = self.tokens[index].upper
            if mark in ("(", "["):
                depth += 1
            elif mark in (")", "]"):
                depth -= 1
            elif mark == "," and depth == 0:
                parts.append(self.part(first, index))
                first = index + 1
        parts.append(self.part(first, len(self.tokens)))
        self.position = len(self.tokens)
        return [part for part in parts if not part.done]

    def text(self) -> str:
        """The source text of all that is left; reads it."""
        first, self.position = self.position, len(self.tokens)
        return self.raw(first)

    def text_until(self, stop: Callable[[TokenStream], bool]) -> str:
        """Read and return source text up to where ``stop`` says so outside of parentheses, or to the end."""
        first, depth = self.position, 0
        while not self.done:
            mark = self.tokens[self.position].upper
            if depth == 0 and stop(self):
                break
            if mark in ("(", "["):
                depth += 1
            elif mark in (")", "]"):
                depth -= 1
            self.position += 1
        return self.raw(first)

    def error(self, what: str) -> DDLSyntaxError:
        """A ``DDLSyntaxError`` at the cursor."""
        token = self.peek() or (self.tokens[-1] if self.tokens else None)
        line = line_of(self.sql, token.start) if token else 1
        first = self.tokens[0].start if self.tokens else 0
        hint = "correct the text there; what a server of this kind accepts and we do not is a bug: please report it"
        return DDLSyntaxError(what, line=line, sql=self.sql[first : first + 400], hint=hint)


def statements(sql: str, tokens: list[Token]) -> Iterable[TokenStream]:
    """Split tokens at top-level semicolons; the body of a trigger or function (BEGIN … END) stays in one piece."""
    first, depth, in_body, cases = 0, 0, False, 0
    for index, token in enumerate(tokens):
        mark = token.upper
        if mark == "(":
            depth += 1
        elif mark == ")":
            depth -= 1
        elif mark == "TRIGGER" and index - first <= 4 and tokens[first].upper == "CREATE":
            in_body = True
        elif mark == "ATOMIC" and index > first and tokens[index - 1].upper == "BEGIN":
            in_body, cases = True, 1
        elif in_body and mark in ("BEGIN", "CASE"):
            cases += 1
        elif in_body and mark == "END":
            cases -= 1
        elif mark == ";" and depth <= 0 and cases <= 0:
            if index > first:
                yield TokenStream(sql, tokens[first:index])
            first, depth, in_body, cases = index + 1, 0, False, 0
    if first < len(tokens):
        yield TokenStream(sql, tokens[first:])


def strip_parentheses(tokens: list[Token]) -> list[Token]:
    """Drop the pairs of parentheses that enclose everything."""
    while len(tokens) >= 2 and tokens[0].upper == "(" and tokens[-1].upper == ")":
        depth = 0
        for index, token in enumerate(tokens):
            if token.upper == "(":
                depth += 1
            elif token.upper == ")":
                depth -= 1
                if depth == 0 and index < len(tokens) - 1:
                    return tokens
        tokens = tokens[1:-1]
    return tokens


def names(stream: TokenStream, fold: Callable[[Token], str]) -> tuple[str, ...]:
    """Read ``(a, b, c)`` as folded names."""
    return tuple(fold(part.next()) for part in stream.group().items())


def references(
    stream: TokenStream,
    columns: tuple[str, ...],
    name: str | None,
    fold: Callable[[Token], str],
    qualified: Callable[[TokenStream], Name],
) -> ForeignKey:
    """Read what follows the word REFERENCES, with every standard clause in any order."""
    ref_table = qualified(stream)
    ref_columns = names(stream, fold) if stream.at("(") else ()
    on_delete = on_update = "NO ACTION"
    match = "SIMPLE"
    deferrable = initially_deferred = False
    validated = True
    while not stream.done:
        if stream.accept("ON", "DELETE"):
            on_delete = _action(stream)
        elif stream.accept("ON", "UPDATE"):
            on_update = _action(stream)
        elif stream.accept("MATCH"):
            match = stream.next().upper
        elif stream.accept("NOT", "DEFERRABLE"):
            deferrable = False
        elif stream.accept("DEFERRABLE"):
            deferrable = True
        elif stream.accept("INITIALLY", "DEFERRED"):
            deferrable = initially_deferred = True
        elif stream.accept("INITIALLY", "IMMEDIATE"):
            initially_deferred = False
        elif stream.accept("NOT", "VALID"):
            validated = False
        else:
            break
    from pytest_schemadrift.schema.model import ForeignKey

    return ForeignKey(
        name=name,
        columns=columns,
        ref_table=ref_table,
        ref_columns=ref_columns,
        on_delete=on_delete,
        on_update=on_update,
        match=match,
        deferrable=deferrable,
        initially_deferred=initially_deferred,
        validated=validated,
    )


def _action(stream: TokenStream) -> str:
    if stream.accept("SET"):
        action = "SET " + stream.next().upper
        if stream.at("("):  # PostgreSQL 15: ON DELETE SET NULL (column, …)
            first = stream.position
            stream.group()
            action += " " + stream.raw(first)
        return action
    if stream.accept("NO"):
        stream.expect("ACTION")
        return "NO ACTION"
    return stream.next().upper


_NILADIC = frozenset(
    [
        "null",
        "true",
        "false",
        "default",
        "user",
        "current_user",
        "session_user",
        "current_role",
        "current_catalog",
        "current_schema",
        "current_date",
        "current_time",
        "current_timestamp",
        "localtime",
        "localtimestamp",
        "sysdate",
        "utc_date",
        "utc_time",
        "utc_timestamp",
        "and",
        "or",
        "not",
        "is",
        "in",
        "like",
        "between",
        "case",
        "when",
        "then",
        "else",
        "end",
        "cast",
        "interval",
        "array",
        "row",
        "exists",
        "distinct",
        "from",
        "select",
    ]
)


def expression_key(tokens: list[Token], *, fold_identifier: Callable[[str], str] = str.lower) -> str:
    """A comparable text of an expression: white space, case of words, and enclosing parentheses do not count.

    A quoted identifier equals the bare word only where ``fold_identifier`` maps the bare word onto it and it is no
    word with a meaning of its own (``"user"`` is a column, ``user`` a function).
    """
    parts = []
    for token in strip_parentheses(tokens):
        if token.kind == WORD:
            parts.append(fold_identifier(token.text))
        elif token.kind == QUOTED:
            plain = token.text.isidentifier() and fold_identifier(token.text) == token.text
            parts.append(token.text if plain and token.text.lower() not in _NILADIC else f'"{token.text}"')
        elif token.kind == NUMBER:
            parts.append(token.text.lower())
        else:
            parts.append(token.text)
    return " ".join(parts)
