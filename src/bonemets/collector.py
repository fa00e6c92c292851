"""The collector of circles among objects, at rest while what is made holds none."""

from __future__ import annotations

import gc
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Generator[None]:
    """Look for no circles while many objects are made that are in none.

    It rests for the whole process, and goes on afterwards if it was on before.
    """
    on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if on:
            gc.enable()
