"""Models as a person writes them, at random: two generations of one application."""

from __future__ import annotations

from random import Random

FIELDS = {
    "IntField": ("", "default=7"),
    "BigIntField": ("", "default=-1"),
    "SmallIntField": ("",),
    "CharField": ("max_length=30", "max_length=60", "max_length=30, default='it\\'s'"),
    "TextField": ("",),
    "BooleanField": ("", "default=False"),
    "DecimalField": ("max_digits=10, decimal_places=2", "max_digits=12, decimal_places=4"),
    "DatetimeField": ("", "auto_now_add=True"),
    "DateField": ("",),
    "FloatField": ("", "default=1.5"),
    "JSONField": ("",),
    "UUIDField": ("",),
    "BinaryField": ("",),
}
UNINDEXABLE = {"TextField", "JSONField", "BinaryField"}
NAMES = ("name", "label", "price", "note", "weight", "code", "made", "flag", "order", "état")
MODELS = ("Author", "Book", "Shelf")


def two_generations(random: Random, app: str) -> tuple[str, str]:
    """The text of ``models.py``, before and after a change that nobody wrote a migration for."""
    classes = {name: _fields(random) for name in random.sample(MODELS, random.randint(1, 3))}
    first = _text(classes, app, random)
    for name in list(classes):
        fields = classes[name]
        for field in list(fields):
            if random.random() < 0.3:
                del fields[field]
            elif random.random() < 0.4:
                fields[field] = _field(random)
        fields.update({name: text for name, text in _fields(random).items() if random.random() < 0.4})
    for name in MODELS:
        if name not in classes and random.random() < 0.5:
            classes[name] = _fields(random)
        elif len(classes) > 1 and random.random() < 0.2:
            classes.pop(name, None)
    return first, _text(classes, app, random)


def _fields(random: Random) -> dict[str, str]:
    return {name: _field(random) for name in random.sample(NAMES, random.randint(1, 5))}


def _field(random: Random) -> str:
    kind, options = random.choice(sorted(FIELDS.items()))
    words = [option for option in [random.choice(options)] if option]
    if random.random() < 0.5:
        words.append("null=True")
    if kind not in UNINDEXABLE and random.random() < 0.3:
        words.append(random.choice(("unique=True", "db_index=True")))
    if random.random() < 0.2:
        words.append("description='what it is for'")
    return f"fields.{kind}({', '.join(words)})"


def _text(classes: dict[str, dict[str, str]], app: str, random: Random) -> str:
    lines = ["from tortoise import fields", "from tortoise.models import Model", ""]
    names = sorted(classes)
    for place, name in enumerate(names):
        lines += ["", f"class {name}(Model):", "    id = fields.IntField(primary_key=True)"]
        lines += [f"    {field} = {text}" for field, text in sorted(classes[name].items())]
        if place and random.random() < 0.6:
            other = names[place - 1]
            option = random.choice(("null=True", "null=True, on_delete=fields.SET_NULL", "on_delete=fields.RESTRICT"))
            lines.append(f'    parent = fields.ForeignKeyField("{app}.{other}", related_name="of_{name}", {option})')
        if place and random.random() < 0.3:
            other = names[place - 1]
            lines.append(f'    others = fields.ManyToManyField("{app}.{other}", related_name="all_{name}")')
        plain = [field for field, text in classes[name].items() if not any(kind in text for kind in UNINDEXABLE)]
        lines += ["", "    class Meta:", f'        table = "{name.lower()}s"']
        if len(plain) > 1 and random.random() < 0.4:
            kind = random.choice(("unique_together", "indexes"))
            lines.append(f"        {kind} = (({plain[0]!r}, {plain[1]!r}),)")
    return "\n".join([*lines, ""])
