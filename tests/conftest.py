"""What every test may use: slow tests only on request, and the folder beside the checkout."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

import once_parsed
from bonemets.pack import load, trees

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"

# Reading our own files takes longer than most tests: in one run the same text is read once,
# and the same expression parsed once.
load.read = lru_cache(maxsize=4000)(load.read)
trees.parse = once_parsed.parse


TOGETHER = (
    "tests/browser/",
    "tests/cohort/",
    "tests/docs/test_reference.py",
    "tests/knowledge/test_cases.py",
    "tests/knowledge/test_disagreements.py",
    "tests/records/",
    "tests/safety/",
    "tests/unit/test_hospital_pack.py",
    "tests/unit/test_render_pdf.py",
    "tests/unit/test_translation.py",
    "tests/web/test_cohort_pages.py",
    "tests/web/test_pages.py",
)
"""Whose tests share what is dear to make (a browser, a session of Spark, a cohort, a pack, a
rendering): the tests of such a file run in one process."""
MUTANTS = "tests/knowledge/test_mutants.py::"
"""One process hunts all mutants of an item: its examples are run once on the pack as it is."""


UNCOUNTED = tuple(
    f"tests/{name}/"
    for name in ("docs", "program", "browser", "cohort", "safety", "web", "knowledge")
)
"""Folders whose tests compute for minutes: `--count-less` counts no lines while they run.

What is imported, and what runs while tests are collected, is counted all the same.
"""


class Scheduling(LoadScopeScheduling):
    """Long files first and whole, then every other test alone, to whichever process is free.

    The marks `xdist_group` are not used: with pytest 9 they are passed over in silence.
    """

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.startswith(TOGETHER):
            return nodeid.partition("::")[0]
        if nodeid.startswith(MUTANTS):
            return nodeid.partition("-")[0]
        return nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Scheduling | None:
    """Share the tests out as `--dist loadgroup` would, where it is asked for."""
    return Scheduling(config, log) if config.getvalue("dist") == "loadgroup" else None


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--all", action="store_true", help="run the slow tests too")
    parser.addoption(
        "--count-less",
        action="store_true",
        help=f"with --cov: count no lines during tests of {', '.join(UNCOUNTED)}",
    )


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Count no lines while a test runs that is not counted, nor while its fixtures are made."""
    counter = getattr(item.config.pluginmanager.getplugin("_cov"), "cov_controller", None)
    pauses = item.config.getoption("--count-less") and item.nodeid.startswith(UNCOUNTED)
    if counter is None or not pauses:
        yield
        return
    counter.pause()
    yield
    counter.resume()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip, with the reason, what does not run here: the skipped are listed, the deselected not."""
    slow = pytest.mark.skip(reason="slow; runs with ./dev test --all")
    absent = pytest.mark.skip(reason="the folder ../shared is not beside this checkout")
    for item in items:
        if item.get_closest_marker("slow") and not config.getoption("--all"):
            item.add_marker(slow)
        if item.get_closest_marker("needs_shared") and not SHARED.is_dir():
            item.add_marker(absent)


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder beside the checkout; for tests marked `needs_shared`."""
    return SHARED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what tests have counted: `record_property("what", (held, of))`, summed over all."""
    if terminalreporter.config.getoption("--count-less"):
        left_out = ", ".join(UNCOUNTED)
        terminalreporter.write_line(f"Lines are not counted during the tests of {left_out}.")
    counts: dict[str, tuple[int, int]] = {}
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            for what, (held, of) in report.user_properties if report.when == "call" else ():
                before = counts.get(what, (0, 0))
                counts[what] = (before[0] + held, before[1] + of)
    for what, (held, of) in sorted(counts.items()):
        terminalreporter.write_line(f"{what}: {held} of {of} ({100 * held / max(of, 1):.1f} %)")
