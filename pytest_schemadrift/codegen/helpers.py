"""Classes that a generated module brings along, each only where it is used."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Helper:
    """Source text, the imports that it needs as (module, name), and the helpers that must stand before it."""

    source: str
    imports: tuple[tuple[str, str], ...] = ()
    needs: tuple[str, ...] = ()


def with_needs(names: Collection[str], helpers: Mapping[str, Helper]) -> list[Helper]:
    """The helpers by these names and those that they stand on, in the order in which they are written."""
    wanted = {needed for name in names for needed in (*helpers[name].needs, name)}
    return [helper for name, helper in helpers.items() if name in wanted]
