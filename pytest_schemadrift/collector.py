"""The garbage collector, paused while many values are made and none of them is garbage.

A schema of 1,000 tables is half a million small values without cycles; walking them again and again while they are
made takes longer than making them.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def paused_collector() -> Iterator[None]:
    """Pause the collector for a block; nested blocks and a collector that is off already are left alone."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
