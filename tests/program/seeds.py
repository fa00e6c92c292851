"""The seeds of a run: one that never changes, and a fresh one, named wherever something fails."""

from __future__ import annotations

import os
import secrets

FRESH = int(os.environ.get("BONEMETS_SEED") or secrets.randbelow(10**9))
SEEDS = {"fixed": 20261125, "fresh": FRESH}


def announce(origin: str) -> int:
    """Say which seed a test runs with: `BONEMETS_SEED` takes the fresh one again."""
    seed = SEEDS[origin]
    print(f"{origin} seed {seed}")  # noqa: T201  (shown where the test fails)
    return seed


def enough(origin: str, reached: bool, what: object) -> None:
    """Hold that something came out often enough to prove anything, of the fixed seed only.

    A fresh one may miss what is rare: that says something of the seed, not of the engine.
    """
    assert reached or origin != "fixed", what


def told(what: str, faults: list[str]) -> str:
    """Give the first of the faults found, and where they were found."""
    return f"{what}: {len(faults)} faults\n" + "\n".join(faults[:5])
