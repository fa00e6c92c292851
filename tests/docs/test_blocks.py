"""What the documentation shows, runs: every code block of every page that is written by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from bonemets import cli
from docs.blocks import LANGUAGES, Block, blocks, indented, of_page, pages, reader, run, stands_in
from warm import warmed

ROOT = Path(__file__).resolve().parents[2]

# (page, first line of a block): why it cannot run here.
NOT_RUN: dict[tuple[str, str], str] = {
    (
        "README.md",
        "./dev demo      # sets up .venv once, assesses the records of examples/, writes "
        "their reports",
    ): "sets up an environment of its own, and runs these tests",
    (
        "CONTRIBUTING.md",
        "./dev check     # seconds to a minute: lint, format, types, layers, the "
        "knowledge's own checks",
    ): "the same",
    (
        "README.md",
        "bonemets serve                                                  # pip install "
        "'bonemets[web]'",
    ): "runs until it is stopped; tests/web and tests/browser run it",
    (
        "README.md",
        "bonemets cohort bulk/ --out results                             # pip install "
        "'bonemets[cohort]'; --engine spark",
    ): "the how-to page makes the folder and runs them; the last one runs until it is stopped",
    (
        "docs/how-to/assess-a-cohort.md",
        "bonemets cohort bulk --out results-spark --engine spark",
    ): "needs Java; tests/cohort/test_spark.py runs the same where it is",
    ("docs/how-to/use-the-page.md", "$ bonemets serve --port 8765"): "the same",
    (
        "docs/how-to/use-the-page.md",
        "bonemets serve --port 8765 --behind-proxy bonemets.hospital.example",
    ): "the same",
    (
        "docs/how-to/use-the-page.md",
        'curl -H "Authorization: Bearer $TOKEN" --data-binary @record.json '
        "http://127.0.0.1:8765/api/assess",
    ): "asks the server that runs in the other block; tests/web asks the same",
    (
        "docs/how-to/use-the-page.md",
        'curl -H "Authorization: Bearer $TOKEN" --data-binary @record.json '
        "http://127.0.0.1:8765/api/findings",
    ): "the same",
}

# The same of blocks that run with `--all` alone.
SLOW: dict[tuple[str, str], str] = {
    ("docs/tutorial/write-an-item.md", "bonemets knowledge test my_pack"): "replays every example, "
    "as tests/knowledge/test_examples.py does in each run; the blocks before it replay one item's",
    (
        "docs/tutorial/write-an-item.md",
        "$ bonemets knowledge test my_pack --item my_phosphate_below_0_3",
    ): "the same command as in the block before it, on the mended example; what follows lays the "
    "mended file over ours and sees the alert fire",
    (
        "docs/how-to/lay-a-folder-over-ours.md",
        "$ bonemets knowledge check our_numbers",
    ): "examples/hospital_pack has a number and a unit of a hospital's own too, and is assessed "
    "with in the next block; tests/unit/test_hospital_pack.py and test_helpers.py hold both",
}


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cache of all readers: it holds our knowledge as compiled for these tests already."""
    return warmed(tmp_path_factory.mktemp("cache"))


@pytest.mark.parametrize("page", [page for page in pages() if of_page(page)])
def test_every_block_of_a_page_runs(
    page: str, tmp_path: Path, cache: Path, request: pytest.FixtureRequest
) -> None:
    left_out = NOT_RUN if request.config.getoption("--all") else NOT_RUN | SLOW
    folder = reader(tmp_path)
    wrong = [
        fault
        for block in of_page(page)
        if (page, block.first) not in left_out
        for fault in run(block, folder, cache)
    ]
    assert wrong == [], "\n\n".join(wrong)


def test_no_block_is_excused_that_is_not_there() -> None:
    there = {(page, block.first) for page in pages() for block in of_page(page)}
    assert set() == set(NOT_RUN | SLOW) - there


def test_every_block_has_a_fence_and_a_language() -> None:
    texts = {page: (ROOT / page).read_text(encoding="utf-8") for page in pages()}
    assert [] == [page for page, text in texts.items() if indented(text)]
    assert [] == [b.where for p in pages() for b in of_page(p) if b.language not in LANGUAGES]


@pytest.mark.parametrize(
    ("language", "text", "fine"),
    [
        ("sh", "test -d examples\n", True),
        ("sh", "test -d nowhere\ntrue\n", False),
        ("console", "$ echo a; echo b\na\nb\n", True),
        ("console", "$ echo a; echo b\n…\nb\n", True),
        ("console", "$ echo abc\na…c\n", True),
        ("console", "$ echo a; echo b\na\n", False),
        ("console", "$ echo a\nb\n$ echo b\nb\n", False),
        ("python", "import bonemets\n", True),
        ("python", "import bonemets.nowhere\n", False),
        ("yaml", "# a/b.yaml\nx: 1\n", True),
        ("yaml", "x: 1\n", False),
        ("yaml", "# from spine/sins.yaml\nscore: sins\nbands:\n  stable: {to: 6}\n", True),
        ("yaml", "# from spine/sins.yaml\nscore: sins\nbands:\n  stable: {to: 7}\n", False),
        ("text", "a -> b\n", True),
        ("", "a\n", False),
    ],
)
def test_a_block_that_is_wrong_is_found(
    language: str, text: str, fine: bool, tmp_path: Path, cache: Path
) -> None:
    (block,) = blocks("page.md", f"Text.\n\n```{language}\n{text}```\n")
    assert block == Block("page.md", 3, language, text)
    assert fine == (run(block, reader(tmp_path), cache) == [])


def test_a_part_of_a_list_stands_in_it_wherever_it_is() -> None:
    assert stands_in([{"a": 1}], [{"b": 2}, {"a": 1, "c": 3}])
    assert not stands_in([{"a": 1}], [{"a": 2}])


def test_every_command_is_told_of_by_hand() -> None:
    text = "\n".join((ROOT / page).read_text(encoding="utf-8") for page in pages())
    names = [command.name for command in cli.commands()]
    assert len(names) > 8
    assert [] == [name for name in names if name not in text]


def test_every_developer_command_is_told_of() -> None:
    usage = (ROOT / "dev").read_text(encoding="utf-8").split("Usage: ./dev COMMAND")[1]
    names = {
        line.split()[0] for line in usage.split("\n\n")[1].splitlines() if line.startswith("  ")
    }
    text = "\n".join((ROOT / page).read_text(encoding="utf-8") for page in pages())
    assert {"docs", "golden", "test"} <= names
    assert set() == {name for name in names if f"./dev {name}" not in text}
