"""Values as JSON and back: a stored value can be wrong, but reading it can execute nothing.

A pickle runs what it names, and ``marshal`` is not safe against crafted bytes, which may end the interpreter (Python
documentation of both). JSON knows texts, numbers and lists only, and the classes are chosen by the reader.

Every distinct value is written once: ``[class, fields]``, after the values that it consists of, which it names by their
position. The columns, types and names of a schema repeat a lot, so that reading this is faster than a pickle.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields, is_dataclass
from operator import attrgetter
from typing import Any

_PLAIN = (str, bool, int, type(None))
_NUMBERS = (bool, int)


def encode(value: object, classes: Sequence[type]) -> bytes:
    """``value`` as JSON: frozen dataclasses and named tuples of ``classes``, tuples, texts, whole numbers, truth values
    and ``None``. Raises ``TypeError`` for anything else.
    """
    writer = _Writer(classes)
    top = writer.item(value)
    if not isinstance(top, int) or type(value) not in writer.numbers:
        raise TypeError(f"{type(value).__name__} is none of the classes that can be stored")
    document = [[sorted(places) for places in writer.nested], writer.records]
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass")


def decode(content: bytes, classes: Sequence[type]) -> Any:
    """The value that ``encode`` was given, with the same classes.

    Raises ``ValueError``, ``TypeError``, ``LookupError`` or ``RecursionError`` for anything else.
    """
    nested, records = json.loads(content.decode("utf-8", "surrogatepass"))
    values: list[Any] = []

    def item(stored: Any) -> Any:
        if isinstance(stored, int):
            return values[stored]
        return tuple([item(part) for part in stored]) if isinstance(stored, list) else stored

    makers: list[tuple[type, list[int]]] = list(zip(classes, nested, strict=True))
    add = values.append
    for number, arguments in records:
        made, places = makers[number]
        for place in places:
            stored = arguments[place]
            if stored is not None:
                arguments[place] = item(stored)
        add(made(*arguments))
    return values[-1]


def read_json(text: str | bytes) -> Any:
    """What a file of somebody's says. Raises ``ValueError`` for no JSON, and for what is nested too deep for Python."""
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deep") from None


def _parts_of(made: type) -> Callable[[Any], Iterable[Any]]:
    """What answers the fields of a value of that class, in the order in which the class takes them."""
    if not is_dataclass(made):
        return iter
    names = [field.name for field in fields(made)]
    get = attrgetter(*names)
    return get if len(names) > 1 else lambda value: (get(value),)


class _Writer:
    """The records so far, and the position of each."""

    def __init__(self, classes: Sequence[type]) -> None:
        self.numbers = {made: number for number, made in enumerate(classes)}
        self.nested: list[set[int]] = [set() for _ in classes]
        self.records: list[tuple[int, tuple[Any, ...]]] = []
        self._parts = [_parts_of(made) for made in classes]
        self._seen: dict[int, int] = {}
        """The positions by the ``id`` of each value, all of which live as long as the one that is written."""
        self._known: dict[tuple[int, tuple[Any, ...]], int] = {}
        self._numeric: list[set[int]] = [set() for _ in classes]
        self._places: dict[tuple[Any, ...], tuple[int, ...]] = {}
        """The fields to look into, by a class's number and the types of its fields: few records differ in that."""

    def item(self, value: object) -> Any:
        """A value as it stands inside of another: the position of its record, a list, or itself."""
        number = self.numbers.get(type(value))
        if number is not None:
            return self._record(number, value)
        if type(value) is tuple:
            if any(type(part) in _NUMBERS for part in value):
                raise TypeError("a number in a tuple would be read as a position")
            return tuple([self.item(part) for part in value])
        if type(value) in _PLAIN:
            return value
        raise TypeError(f"{type(value).__name__} cannot be stored")

    def _record(self, number: int, value: object) -> int:
        position = self._seen.get(id(value))
        if position is not None:
            return position
        parts = list(self._parts[number](value))
        kinds = (number, *map(type, parts))
        places = self._places.get(kinds)
        if places is None:
            places = self._places[kinds] = self._nested_places(kinds)
        for place in places:
            parts[place] = self.item(parts[place])
        key = (number, tuple(parts))
        position = self._known.get(key)
        if position is None:
            position = self._known[key] = len(self.records)
            self.records.append(key)
        self._seen[id(value)] = position
        return position

    def _nested_places(self, kinds: tuple[Any, ...]) -> tuple[int, ...]:
        """Which fields of a record hold more than plain values, by its class's number and the types of its fields."""
        number, *types = kinds
        places = tuple(place for place, kind in enumerate(types) if kind not in _PLAIN)
        self.nested[number].update(places)
        self._numeric[number].update(place for place, kind in enumerate(types) if kind in _NUMBERS)
        if not self._numeric[number].isdisjoint(self.nested[number]):
            made = next(made for made, known in self.numbers.items() if known == number)
            raise TypeError(f"a field of {made.__name__} holds numbers and values")
        return places
