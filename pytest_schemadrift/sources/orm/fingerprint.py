"""What stands for models without their DDL, which takes several times as long to write.

Equal fingerprints mean equal DDL. What Tortoise's generator reads of a model are values, which are all told here, and
the code of Tortoise's own classes, which is told, too: somebody may have put other code there. A class of the project's
own (a field, an index, a constraint, a backend) may write what it likes, and look anywhere for it: such models have no
fingerprint.
"""

from __future__ import annotations

import marshal
import sys
from collections.abc import Callable, Iterable, Iterator
from enum import Enum
from functools import partial
from hashlib import sha256
from operator import itemgetter
from types import BuiltinFunctionType, CodeType, FunctionType
from typing import TYPE_CHECKING, Any, TypeAlias

from pytest_schemadrift.sources.orm.classes import full_name, meta_options
from pytest_schemadrift.sources.orm.version import tortoise_version

if TYPE_CHECKING:
    from tortoise.backends.base.client import BaseDBAsyncClient
    from tortoise.models import Model

__all__ = ["fingerprint"]

_Shape: TypeAlias = "tuple[int, Callable[[Any], object], list[str]]"
"""Its number, what takes the plain values, and the names of the others."""
_PLAIN = frozenset([str, int, float, bool, bytes, type(None)])
_VALUES = frozenset(["datetime", "decimal", "uuid"])
"""Modules whose values say all of themselves in their ``repr``."""
_PACKAGES = ("tortoise.", "pypika_tortoise.")
_ODD = frozenset(["db_default", "default", "encoder", "reference", "to_field_instance"])
"""What may be plain in one field and not in the next."""
_OF_VALUES = frozenset(["model", "validators", "decoder"])
"""What a field has for the values of queries, and its model, which is told."""
_WITHOUT_REFERENCES = 2
"""The version of ``marshal`` that writes equal values alike, whatever else refers to them."""
_OF_QUERIES = frozenset(
    [
        *("_default_ordering", "_filters", "_inited", "_model", "_ordering_validated", "backward_fk_fields"),
        *("backward_o2o_fields", "basequery", "basequery_all_fields", "basetable", "db_complex_fields"),
        *("db_default_db_columns", "db_default_fields", "db_fields", "db_native_fields", "fetch_db_defaults"),
        *("fetch_fields", "fields", "fields_db_projection_reverse", "filters", "manager", "pk"),
    ]
)
"""What ``MetaInfo`` keeps for queries, made of the rest of it."""
_APART = frozenset(["fields_map", "fields_db_projection"])
_OF_META = ("managed", "table_options", "constraints")
"""What we read in the class ``Meta`` itself."""


class _Strange(Exception):
    """Something that only its own code can tell."""


def fingerprint(models: Iterable[type[Model]], client: BaseDBAsyncClient) -> str | None:
    """What stands for the DDL of these models, written for the database of this client; ``None`` where nothing does."""
    teller = _Teller()
    try:
        told = [teller.model(model) for model in models]
        teller.code |= {type(client): None, client.schema_generator: None}
        whole = [tortoise_version(), _time_zone(), told, teller.shapes(), repr(teller.code_told())]
        return sha256(marshal.dumps(whole, _WITHOUT_REFERENCES)).hexdigest()
    except Exception:  # of something strange, or of code that it brings along
        return None


def _time_zone() -> object:
    """What a date as a default is written with."""
    from tortoise import timezone

    return [timezone.get_use_tz(), timezone.get_timezone()]


class _Teller:
    """Tells values as lists of plain ones, different ones differently; ``code`` has the classes and functions met."""

    def __init__(self) -> None:
        from tortoise.fields import Field
        from tortoise.models import MetaInfo

        self.code: dict[type | FunctionType, None] = {}
        self._slots = [name for name in _slots(MetaInfo) if name not in _OF_QUERIES and name not in _APART]
        self._field = Field
        self._told: dict[int, object] = {}  # by identity: most fields share what is no plain value
        self._shapes: dict[tuple[type, *tuple[str, ...]], _Shape] = {}

    def model(self, model: type[Model]) -> object:
        """All that the DDL of a model is made of. Raises ``_Strange``."""
        meta, options = model._meta, meta_options(model)
        own = [] if options is None else [self.told(getattr(options, name, None)) for name in _OF_META]
        table = [
            value if (value := getattr(meta, name, None)).__class__ in _PLAIN else self.told(value)
            for name in self._slots
        ]
        keys = sorted(f"{name}_id" for name in meta.o2o_fields)  # Tortoise adds them in the order of a set
        columns = [item for item in meta.fields_db_projection.items() if item[0] not in keys]
        backwards = meta.backward_fk_fields | meta.backward_o2o_fields
        every = meta.fields_map
        fields = [self.field(every[name]) for name in sorted(every) if name not in backwards]
        return [full_name(model), own, table, columns, keys, fields]

    def field(self, field: Any) -> object:
        """All that a column is made of: most of it is plain, and taken as it is. Raises ``_Strange``."""
        attributes = vars(field)
        key = type(field), *attributes
        number, plain_values, odd = self._shapes.get(key) or self._shape(key, attributes)
        known, told = self._told, []
        for name in odd:
            value = attributes[name]
            is_plain = value.__class__ in _PLAIN
            told.append(value if is_plain else known.get(id(value)) or self._of_field(name, value))
        return number, plain_values(attributes), told

    def _shape(self, key: tuple[type, *tuple[str, ...]], attributes: dict[str, Any]) -> _Shape:
        """What fields of one class and with the same attributes have in common."""
        kind, *names = key
        self.code[kind] = None
        odd = [name for name in names if name in _ODD or attributes[name].__class__ not in _PLAIN]
        plain = [name for name in names if name not in odd]
        shape = len(self._shapes), itemgetter(*plain, plain[0]), [name for name in odd if name not in _OF_VALUES]
        self._shapes[key] = shape
        return shape

    def _of_field(self, name: str, value: Any) -> object:
        return "callable" if name == "default" and callable(value) else self.told(value)  # which no DDL calls

    def shapes(self) -> object:
        """Which class fields have, and which names their values, by the numbers of ``field``."""
        return [(_name(kind), names, odd) for (kind, *names), (_, _, odd) in self._shapes.items()]

    def told(self, value: Any) -> object:
        """Any value. Raises ``_Strange``."""
        kind = value.__class__
        if kind in _PLAIN:
            return value
        if kind in (list, tuple):
            return [kind.__name__, *map(self.told, value)]
        if kind is dict:
            return ["dict", *((self.told(key), self.told(item)) for key, item in value.items())]
        if kind in (set, frozenset):
            return ["set", *sorted(repr(self.told(item)) for item in value)]
        if id(value) not in self._told:
            self._told[id(value)] = self._object(value, kind)
        return self._told[id(value)]

    def _object(self, value: Any, kind: type) -> object:
        if isinstance(value, type | BuiltinFunctionType):
            return _name(value)
        if kind.__module__ in _VALUES:
            return kind.__name__, repr(value)
        if isinstance(value, self._field):  # of which its model tells
            return "field", getattr(value.model, "__qualname__", ""), value.model_field_name
        if isinstance(value, Enum):
            return _name(kind), value.name, self.told(value.value), str(value)
        if isinstance(value, partial):
            return "partial", self.told(value.func), self.told(value.args), self.told(value.keywords)
        if isinstance(value, FunctionType) and (_is_of_tortoise(value) or _is_of_python(value)):
            self.code[value] = None
            return _name(value)
        if not _is_of_tortoise(kind):
            raise _Strange(repr(value))
        self.code[kind] = None
        attributes = {name: getattr(value, name) for name in _slots(kind) if hasattr(value, name)}
        return _name(kind), self.told(attributes | getattr(value, "__dict__", {}))

    def code_told(self) -> object:
        """The code of all classes and functions, as it is in this process. Raises ``_Strange``."""
        classes = dict.fromkeys(base for thing in self.code if isinstance(thing, type) for base in _of_tortoise(thing))
        functions = [thing for thing in self.code if isinstance(thing, FunctionType)]
        told = [[_name(cls), *_class(cls)] for cls in classes]
        return sorted(told + [[_name(function), _code(function.__code__)] for function in functions], key=repr)


def _slots(kind: type) -> Iterator[str]:
    for cls in kind.__mro__:
        slots = vars(cls).get("__slots__", ())
        yield from (slots,) if isinstance(slots, str) else slots


def _name(thing: type | FunctionType | BuiltinFunctionType) -> str:
    return f"{thing.__module__}.{thing.__qualname__}"


def _is_of_tortoise(thing: type | FunctionType) -> bool:
    return thing.__module__.startswith(_PACKAGES)


def _is_of_python(thing: type | FunctionType) -> bool:
    return thing.__module__.partition(".")[0] in sys.stdlib_module_names


def _of_tortoise(cls: type) -> list[type]:
    """Itself and its bases that are Tortoise's. Raises ``_Strange`` where one is neither that nor Python's."""
    if not all(_is_of_tortoise(base) or _is_of_python(base) for base in cls.__mro__):
        raise _Strange(_name(cls))
    return [base for base in cls.__mro__ if _is_of_tortoise(base)]


def _class(cls: type) -> list[object]:
    """What a class of Tortoise's says and does."""
    told: list[object] = []
    for name, value in vars(cls).items():
        function = getattr(value, "__func__", None) or getattr(value, "fget", None) or value
        if value.__class__ in _PLAIN and name not in ("__doc__", "__firstlineno__"):
            told += (name, value)
        elif isinstance(function, FunctionType):
            told += (name, _code(function.__code__))
        elif isinstance(value, type) and name.startswith("_db_"):  # what a dialect has otherwise
            told += (name, _class(value))
    return told


def _code(code: CodeType) -> object:
    """A function's code, the same in every process: a set among its constants has no order."""
    constants: list[object] = []
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            constants.append(_code(constant))
        elif isinstance(constant, frozenset):
            constants.append(sorted(map(repr, constant)))
        else:
            constants.append(constant)
    return [code.co_code, code.co_names, constants]
