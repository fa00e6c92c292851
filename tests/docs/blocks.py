"""The code blocks of hand-written Markdown: found, and run one after the other as a reader would.

- `sh`: the commands must end well.
- `console`: after each `$ command` what it prints must be what stands there; `…` stands for
  anything, on a line of its own for any number of lines.
- `python`: the program must end well.
- `yaml`: its first line is a comment. `# PATH` writes the block to that file; `# from FILE` says
  that all of it stands in that file of the knowledge.
- `text`: a drawing; nothing to run.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bonemets.documents import decode, parse

ROOT = Path(__file__).resolve().parents[2]
HOME = ROOT / "src" / "bonemets" / "knowledge"
LANGUAGES = ("sh", "console", "python", "yaml", "text")
FENCE = re.compile(r"^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
INDENTED = re.compile(r"\n\n {4,}\S")


@dataclass(frozen=True)
class Block:
    """One code block: its page, the line of its fence, its language and its text."""

    page: str
    line: int
    language: str
    text: str

    @property
    def first(self) -> str:
        return self.text.split("\n", 1)[0]

    @property
    def where(self) -> str:
        return f"{self.page}:{self.line}"


def pages() -> list[str]:
    """Every page that is written by hand."""
    found = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]
    names = [path.relative_to(ROOT).as_posix() for path in found]
    return sorted(name for name in names if not name.startswith("docs/reference/"))


def blocks(page: str, text: str) -> list[Block]:
    """The code blocks of a page, in order."""
    return [
        Block(page, text.count("\n", 0, found.start()) + 1, found["language"], found["text"])
        for found in FENCE.finditer(text)
    ]


def of_page(page: str) -> list[Block]:
    return blocks(page, (ROOT / page).read_text(encoding="utf-8"))


def indented(text: str) -> int:
    """Count code blocks without a fence, which would not be seen."""
    return len(INDENTED.findall(FENCE.sub("", text)))


def run(block: Block, folder: Path, cache: Path) -> list[str]:
    """Run a block in the reader's folder; give what is wrong, and nothing if all is well."""
    match block.language:
        case "sh":
            done = shell(f"set -e\n{block.text}", folder, cache)
            ended = [] if done.returncode == 0 else [f"{block.where}: {done.stdout}"]
            return ended
        case "console":
            return [
                x
                for command, shown in steps(block.text)
                for x in differing(block, shell(command, folder, cache).stdout, shown)
            ]
        case "python":
            done = execute([sys.executable, "-c", block.text], folder, cache)
            return [] if done.returncode == 0 else [f"{block.where}: {done.stdout}"]
        case "yaml":
            return put(block, folder)
        case "text":
            return []
        case _:
            return [f"{block.where}: a block is one of {', '.join(LANGUAGES)}"]


def steps(text: str) -> list[tuple[str, str]]:
    """The commands of a `console` block, each with what it shows."""
    parts = re.split(r"^\$ (.*)\n", text, flags=re.MULTILINE)
    assert not parts[0], "a console block begins with `$ `"
    return list(zip(parts[1::2], parts[2::2], strict=True))


def differing(block: Block, actual: str, shown: str) -> list[str]:
    """Say where what a command printed is not what is shown."""
    pattern = "".join(
        r"(?:.*\n)*?" if line == "…" else re.escape(line).replace("…", ".*") + r"\n"
        for line in shown.splitlines()
    )
    lines = "".join(f"{line.rstrip()}\n" for line in actual.splitlines())
    if re.fullmatch(pattern, lines):
        return []
    return [f"{block.where}: shown is\n{shown}\nbut what came out is\n{lines}"]


def put(block: Block, folder: Path) -> list[str]:
    """Write a YAML block where its first line says, or hold it against the knowledge."""
    found = re.fullmatch(r"# (from )?([\w./-]+\.yaml)", block.first)
    if found is None:
        return [f"{block.where}: the first line names no file"]
    if found[1]:
        real = (HOME / found[2]).read_bytes()
        holds = stands_in(loaded(block.text.encode()), loaded(real))
        return [] if holds else [f"{block.where}: this does not stand in {found[2]}"]
    path = folder / found[2]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(block.text, encoding="utf-8")
    return []


def loaded(data: bytes) -> Any:
    return parse(decode(data, "block"), "block").value


def stands_in(part: Any, whole: Any) -> bool:
    """Say whether all of a part stands in a whole."""
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(
            k in whole and stands_in(v, whole[k]) for k, v in part.items()
        )
    if isinstance(part, list):
        return isinstance(whole, list) and all(any(stands_in(x, y) for y in whole) for x in part)
    return part == whole


def shell(command: str, folder: Path, cache: Path) -> subprocess.CompletedProcess[str]:
    return execute(["sh", "-c", command], folder, cache)


def execute(words: list[str], folder: Path, cache: Path) -> subprocess.CompletedProcess[str]:
    """Run a program as a reader with an active environment does: errors beside the results."""
    inside = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": inside, "BONEMETS_CACHE": str(cache), "NO_COLOR": "1"}
    environment["PYTHONPATH"] = str(ROOT / "src")
    return subprocess.run(
        words,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    )


def reader(folder: Path) -> Path:
    """Make the folder of a reader, with the example records in it."""
    shutil.copytree(ROOT / "examples", folder / "examples")
    return folder
