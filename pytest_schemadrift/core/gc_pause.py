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
    """Pause the collector for a block; nested blocks and a collector that is off already are left alone.

    What the block made counts as old afterwards: the collector would look through all of it at once to find nothing.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        if not gc.get_freeze_count():  # else somebody keeps objects frozen on purpose
            gc.freeze()
            gc.unfreeze()
        gc.enable()
