"""Comments of models, read once per file, are those that Tortoise finds by itself, whatever the source looks like."""

from __future__ import annotations

import ast
import importlib.util
import inspect
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest
import tortoise.models

from pytest_schemadrift.core.class_sources import SWITCH, read_once
from pytest_schemadrift.core.config.tortoise import import_module

ROOT = Path(__file__).parents[2]
FORMS = {
    "plain": '''\
class A:
    #: of a
    a = 1
    b = 2

class B:
    """Doc."""
    #: of b
    #: and more
    b: int = 2
''',
    "nothing": """\
class A:
    # private
    a = 1
""",
    "in a string": '''\
class A:
    text = """
    #: none
    a = 1
    """
''',
    "one line": """\
class A: a = 1
class B: pass  #: of c
c = 3
""",
    "decorated": """\
def same(f=None):
    return lambda c: c

@same(
    #: of x
    f=lambda x: 1,
)
@same()
class A:
    #: of a
    a = 1
""",
    "nested": """\
class A:
    class Meta:
        #: of inner
        inner = 1
    #: of a
    a = 1
    class B(Base):
        #: of b
        b = 1
""",
    "below": """\
class A:
    #: of a
    a = 1

    # b: gone
    #: of c
    # c: gone

  #: of d
  # d: gone
#: of e
# e: gone
e = 1
""",
    "last": """\
class A:
    a = 1
    #: of b
    # b: gone""",
    "alike": """\
class A:
    #: first
    a = 1

class A(Base):
    #: second
    a = 1
""",
    "branches": """\
if True:
    class A:
        #: of a
        a = 1
else:
    class A:
        #: other
        a = 1
try:
    class B:
        #: of b
        b = 1
except ValueError:
    class C:
        #: of c
        c = 1
finally:
    class D:
        #: of d
        d = 1
with open(__file__):
    class E:
        #: of e
        e = 1
match 1:
    case 1:
        class F:
            #: of f
            f = 1
""",
    "in functions": """\
def make():
    class A:
        #: of a
        a = 1
    async def work():
        class B:
            b = 1
    return A
make()
for _ in range(2):
    class L:
        #: of l
        l = 1
""",
    "made": """\
#: of made
made = type('Made', (Base,), {'made': 1})
other = type('A', (Base,), {'a': 1})
class A:
    #: of a
    a = 1
""",
    "tabs and continuations": """\
class A(
    Base,
):
\t#: of a
\ta = (
1,
)
\tb = \\
1
\t#: of {model}
\tc = '''
class B:
    #: of b
    b = 1
'''
""",
    "other letters": """\
class Ä:
    #: für ä
    ä = 1
\x0cclass Ö:
    #: ö
    ö = 1
""",
}
BASE = "kept = []\n\nclass Base:\n    def __init_subclass__(cls):\n        kept.append(cls)\n\n"


@pytest.fixture
def load(tmp_path: Path) -> Iterator[Callable[[str], ModuleType]]:
    """Write a module and import it."""
    names = []

    def loaded(text: str, name: str = "commented_models") -> ModuleType:
        path = tmp_path / f"{name}.py"
        path.write_text(text, encoding="utf-8")
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None and spec.loader is not None
        module = sys.modules[name] = importlib.util.module_from_spec(spec)
        names.append(name)
        spec.loader.exec_module(module)
        return module

    yield loaded
    for name in names:
        sys.modules.pop(name, None)


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What ``ast.parse`` was called for."""
    texts: list[str] = []
    original = ast.parse

    def parse(source: str, *more: object, **named: object) -> ast.AST:
        texts.append(source)
        return original(source, *more, **named)  # type: ignore[call-overload]

    monkeypatch.setattr(ast, "parse", parse)
    return texts


def classes_of(module: ModuleType) -> list[type]:
    """Every class of a module, those that lost their name included."""
    found = [value for value in vars(module).values() if isinstance(value, type)]
    for cls in found:
        found += [value for value in vars(cls).values() if isinstance(value, type)]
    return [cls for cls in [*found, *vars(module).get("kept", ())] if cls.__module__ == module.__name__]


def comments(cls: type) -> dict[str, str]:
    return tortoise.models._get_comments(cls)  # type: ignore[arg-type]


def assert_same(classes: list[type]) -> int:
    """Returns how many comments there are."""
    alone = [comments(cls) for cls in classes]
    with read_once():
        assert [comments(cls) for cls in classes] == alone
    return sum(map(len, alone))


@pytest.mark.parametrize("form", FORMS)
def test_comments_are_those_that_tortoise_finds_alone(load: Callable[[str], ModuleType], form: str) -> None:
    text = FORMS[form].replace("class A:", "class A(Base):").replace("class B:", "class B(Base):")
    classes = classes_of(load(BASE + text))
    assert len(classes) > 1
    found = assert_same(classes)
    assert found or form in ("nothing", "one line", "last")


FIELD = re.compile(r"^( +)(\w+)((?:: [^=\n]+)? = fields\.)", re.MULTILINE)


@pytest.mark.slow
@pytest.mark.parametrize("every", [False, True], ids=["as they are", "each field with a comment"])
def test_comments_of_every_model_of_the_examples_are_the_same(load: Callable[..., ModuleType], every: bool) -> None:
    paths = [
        *ROOT.glob("examples/*/*/models.py"),
        *ROOT.glob("tests/examples/*/*/*.py"),
        Path(tortoise.models.__file__),
    ]
    count = 0
    for number, path in enumerate(path for path in paths if "Model)" in path.read_text()):
        text = path.read_text()
        if "from ." in text:  # needs its package
            continue
        if every:
            text = FIELD.sub(r"\1#: of \2\n\1\2\3", text)
        count += assert_same(classes_of(load(text, f"commented_example_{number}")))
    assert count > 100 if every else count


def test_a_file_is_parsed_once_and_only_for_comments(load: Callable[..., ModuleType], parsed: list[str]) -> None:
    with read_once():
        for cls in classes_of(load(FORMS["nothing"] * 3, "commented_nothing")):
            assert comments(cls) == {}
        assert parsed == []
        commented = "".join(f"class A{number}:\n    #: of a\n    a = 1\n" for number in range(5))
        for cls in classes_of(load(commented)):
            assert comments(cls) == {"a": "of a"}
    assert parsed == ([] if sys.version_info >= (3, 13) else [commented])


def test_modules_that_are_imported_for_the_project_are_parsed_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, parsed: list[str]
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    head = "from tortoise import Model, fields\n"
    model = "class A{}(Model):\n    #: of a\n    id = fields.IntField(primary_key=True)\n"
    (tmp_path / "commented_settings.py").write_text(head + "".join(map(model.format, range(3))))
    assert vars(import_module("commented_settings", "here"))["A2"]._meta.fields_map["id"].docstring == "of a"
    assert len([text for text in parsed if "class A2" in text]) <= 1, "none from Python 3.13 on"
    monkeypatch.delitem(sys.modules, "commented_settings")


def test_a_source_that_has_changed_is_read_again(load: Callable[..., ModuleType]) -> None:
    with read_once():
        (cls,) = classes_of(load("class A:\n    #: before\n    a = 1\n"))
        assert comments(cls) == {"a": "before"}
        _, cls = classes_of(load("class B:\n    a = 2\n\nclass A:\n    #: afterwards\n    a = 1\n"))
        assert comments(cls) == {"a": "afterwards"}


def test_a_class_without_a_file_has_no_comments() -> None:
    scope = {"__name__": "nowhere"}
    exec("class A:\n    #: of a\n    a = 1\n", scope)
    with read_once():
        assert comments(scope["A"]) == {}  # type: ignore[arg-type]


def test_others_get_the_source_itself(load: Callable[..., ModuleType]) -> None:
    text = "class A:\n    a = 1\n"
    (cls,) = classes_of(load(text))
    with read_once():
        assert inspect.getsource(cls) == text
        assert "def test_others" in inspect.getsource(test_others_get_the_source_itself)


def test_nothing_stays_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    before = inspect.getsource
    with read_once():
        with read_once():
            assert inspect.getsource is not before
        assert inspect.getsource is not before
    assert inspect.getsource is before
    monkeypatch.setenv(SWITCH, "0")
    with read_once():
        assert inspect.getsource is before


def test_who_wraps_it_meanwhile_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspect, "getsource", inspect.getsource)
    with read_once():
        inner = inspect.getsource

        def wrapper(asked: object) -> str:
            return inner(asked)  # type: ignore[arg-type]

        inspect.getsource = wrapper  # type: ignore[assignment]
    assert inspect.getsource is wrapper
    assert "def comments" in inspect.getsource(comments)
