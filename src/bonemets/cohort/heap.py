"""Memory that one batch after another takes and gives back: a worker keeps it for the next one.

By itself the C library gives large pieces back to the system each time, and taking them anew costs
a fault of the processor for every 4 kB: a fifteenth of what a batch takes. Arrow has a heap of its
own that does likewise, so it is given that of the C library.
"""

from __future__ import annotations

import ctypes
import sys
from contextlib import suppress
from typing import Final

from bonemets.cohort.arrow import pa

_TRIM, _MAP = -1, -3
"""Numbers of settings of the GNU C library (`mallopt`): from how much free memory on it is given
back, and from what size on a piece is the system's own.
"""
_ALL: Final = (1 << 31) - 1
_LARGE: Final = 1 << 30


def keep_freed() -> None:
    """Keep what is freed; where the C library is another one, all stays as it is.

    For a process that does nothing but evaluate batches: what it needed most at a time it holds
    until its end.
    """
    if sys.platform != "linux":
        return
    with suppress(AttributeError, OSError):
        library = ctypes.CDLL(None)
        library.mallopt(_MAP, _LARGE)
        library.mallopt(_TRIM, _ALL)
        pa.set_memory_pool(pa.system_memory_pool())
