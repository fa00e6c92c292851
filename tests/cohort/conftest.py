"""What the tests of cohorts share."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import bonemets
from bonemets.api import Knowledge

HERE = Path(__file__).resolve()
sys.path[:0] = [str(HERE.parent), str(HERE.parents[2] / "benchmarks")]


@pytest.fixture(scope="session")
def knowledge() -> Knowledge:
    return bonemets.load_pack()
