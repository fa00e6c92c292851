"""The reference says what the knowledge and the command line say, and its links lead somewhere."""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bonemets import api, cli
from bonemets.pack.load import Pack
from bonemets.renderers import reference
from bonemets.renderers.item_page import ItemPages
from bonemets.renderers.page import Heading, Points, Prose, Table, joined, lines, markdown
from docs.blocks import FENCE, pages

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "reference"
LINK = re.compile(r"\]\(([^)\s]+)\)")
MAKE = "Run ./dev docs, look at what changed, and commit it."
MOST = 3000


@pytest.fixture(scope="module")
def pack() -> Pack:
    return api.load_pack().pack


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an old page of ours and a page of somebody else, written once more."""
    folder = tmp_path_factory.mktemp("reference")
    (folder / "old").mkdir()
    (folder / "old" / "item.md").write_text(f"{reference.MARK}\n", encoding="utf-8")
    (folder / "mine.md").write_text("# Mine\n", encoding="utf-8")
    with contextlib.redirect_stderr(io.StringIO()) as told:
        cli.write_docs(folder)
    (folder / "told").write_text(told.getvalue(), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def made(written: Path) -> dict[str, str]:
    return {name: text for name, text in read(written).items() if name not in ("mine.md", "told")}


def read(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in folder.rglob("*")
        if path.is_file()
    }


def committed() -> dict[str, str]:
    return read(FOLDER)


def test_the_reference_is_what_the_knowledge_gives(made: dict[str, str]) -> None:
    there = committed()
    assert [] == sorted(set(made) ^ set(there)), MAKE
    assert [] == [name for name, text in made.items() if there[name] != text], MAKE


def test_everything_of_the_knowledge_has_its_place(pack: Pack, made: dict[str, str]) -> None:
    assert len(made) < MOST
    text = "\n".join(made.values())
    names = [n for kind in (*reference.KINDS, "variables", "actions") for n in getattr(pack, kind)]
    assert set() == set(names) - set(re.findall(r"`(\w+)`", text))
    # an example is a row of a table, and its name a cell: looked up in a set, not in all the text
    cells = {re.sub(r"\W", "", cell) for cell in re.split(r"(?<!\\)\||\n", text)}
    examples = [e.name for item in pack.items().values() for e in item.examples]
    assert [] == [name for name in examples if re.sub(r"\W", "", name) not in cells]


def headings(text: str) -> set[str]:
    plain = FENCE.sub("", text)
    return {reference.slug(h) for h in re.findall(r"^#+ (.+)$", plain, flags=re.MULTILINE)}


def links() -> Iterator[tuple[Path, str]]:
    for page in (*pages(), *(f"docs/reference/{name}" for name in committed())):
        text = FENCE.sub("", (ROOT / page).read_text(encoding="utf-8"))
        for link in LINK.findall(text):
            if "://" not in link:
                yield ROOT / page, link


def test_every_link_leads_somewhere() -> None:
    found = list(links())
    assert len(found) > 1000
    wrong: list[str] = []
    known: dict[Path, set[str]] = {}
    for page, link in found:
        place, _, heading = link.partition("#")
        path = (page.parent / place).resolve() if place else page
        if not path.exists():
            wrong.append(f"{page.relative_to(ROOT)}: {link}")
        elif heading:
            if path not in known:
                known[path] = headings(path.read_text(encoding="utf-8"))
            if heading not in known[path]:
                wrong.append(f"{page.relative_to(ROOT)}: {link}")
    assert [] == wrong


def test_pages_are_shown_on_a_terminal_too(pack: Pack) -> None:
    items = ItemPages(pack)
    for kind in (*reference.KINDS, "variables", "actions"):
        for identity, item in getattr(pack, kind).items():
            text = lines(items.blocks(item, identity), 100)
            assert identity in text
            assert max(map(len, text.splitlines())) <= 100


def test_what_an_item_holds_is_never_taken_for_a_mark() -> None:
    blocks = [Heading("a *b* c"), Prose("<b> and [x](y) and 10*9/L"), Points(((1, "_a_ b_c"),))]
    text = markdown([*blocks, Table(("a",), (("x|y",),))], lambda _: None)
    assert text == (
        "## a \\*b\\* c\n\n\\<b> and \\[x](y) and 10\\*9/L\n\n  - \\_a\\_ b_c\n\n"
        "| a |\n| --- |\n| x\\|y |\n"
    )


def test_a_sentence_has_a_line_of_its_own() -> None:
    text = markdown([Prose(joined(["One is 2.5. Two (see A). ", "Three."], ""))], lambda _: None)
    assert text == "One is 2.5.\nTwo (see A).\nThree.\n"


def test_only_our_own_old_pages_are_removed(written: Path, made: dict[str, str]) -> None:
    there = {p.relative_to(written).as_posix() for p in written.rglob("*.md")}
    assert there == {*made, "mine.md"}
    assert "old/item.md" not in there
    assert f"{len(made)} pages" in (written / "told").read_text(encoding="utf-8")
