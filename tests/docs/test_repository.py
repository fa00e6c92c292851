"""The repository itself: portable text, our words in the code, lock files that fit."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
LOCKS = ("requirements.lock", "requirements-dev.lock")


def committed_files() -> list[Path]:
    """Every file that git tracks or would track; without git, every file outside hidden folders."""
    if shutil.which("git") and (ROOT / ".git").exists():
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            check=True,
            capture_output=True,
            text=True,
        ).stdout.split("\0")
        paths = [ROOT / name for name in listed if name]
    else:
        paths = [
            path
            for path in ROOT.rglob("*")
            if path.relative_to(ROOT).parts[0] not in {".git", ".venv"}
            and "__pycache__" not in path.parts
        ]
    return [path for path in paths if path.is_file()]


def committed_texts() -> Iterator[tuple[str, str]]:
    for path in committed_files():
        try:
            yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # not text


# --- portable text ---------------------------------------------------------------------------

# Written in pieces so that this file does not hold what it looks for.
FORBIDDEN_TEXT = {
    "a folder of one machine": re.compile(r"(?<![\w.~-])/" + r"(?:work|root|home/\w+|Users/\w+)/"),
    "a host of a package registry": re.compile(
        "py" + r"pi\.(?:org|python)|python" + r"hosted\.|npm" + r"js\.|npmmirror\.|deb\.debian\."
        r"|archive\.ubuntu\.|crates\.io|repo\.anaconda|conda\.anaconda|proxy\.golang\.|rubygems\."
    ),
}


def test_no_text_is_tied_to_one_machine_or_one_registry() -> None:
    found = [
        f"{name}:{number}: {what}"
        for name, text in committed_texts()
        for number, line in enumerate(text.splitlines(), start=1)
        for what, pattern in FORBIDDEN_TEXT.items()
        if pattern.search(line)
    ]
    assert [] == found


@pytest.mark.parametrize("name", ["registry.txt", "place.txt"])
def test_the_search_finds_what_it_looks_for(name: str) -> None:
    samples = {
        "registry.txt": "--index-url https://py" + "pi.org/simple",
        "place.txt": "see /" + "work/notes.md",
    }
    assert any(pattern.search(samples[name]) for pattern in FORBIDDEN_TEXT.values())


# --- one word per thing ----------------------------------------------------------------------

# Our word, and the ones that it replaces (whole identifiers; the plural counts too).
WORDS = {
    "record": ("input", "payload"),
    "event": ("row", "entry"),
    "provenance": ("source",),
    "patient or lesion": ("subject", "site", "met"),
    "variable": ("field", "feature", "param"),
    "fact": ("null", "missing_value"),
    "settled or open": ("certain", "uncertain"),
    "index date": ("now", "today"),
    "item": ("rule",),
    "the kind of the item": ("calculator", "trigger", "explanation"),
    "evidence": ("reference",),
    "finding or assessment": ("output", "result_set"),
    "cohort, pack, reader, renderer": ("dataset", "plugin", "adapter"),
}

# (pattern of files below src/bonemets, identifier): why the word is right there.
ALLOWED = {
    ("*", "rows"): "the rows of a dose table",
    ("*", "row"): "one row of a dose table, or the line of a source's table that a citation names",
    ("*", "entry"): "an entry of a bundle (FHIR's word), or of a list such as actions.yaml",
    ("*", "entries"): "the same, several",
    ("*", "source"): "the text of an expression or of the generated program",
    ("pack/*", "sources"): "the texts of knowledge files by name",
    ("program.py", "input"): "a fact that a compiled program reads; a record is what arrives",
    ("program.py", "inputs"): "the same, several",
    ("program.py", "output"): "a register that a compiled program gives, before it is a finding",
    ("program.py", "outputs"): "the same, several",
    ("facts/pick.py", "rule"): "a pick rule (design.md's word), not an item",
    ("facts/select.py", "rule"): "a pick rule (design.md's word), not an item",
    ("facts/lesions.py", "certain"): "a lesion that surely exists; its values may be open",
    ("facts/select.py", "certain"): "the same",
    ("facts/select.py", "met"): "codes that were met in a batch",
    ("facts/lesions.py", "site"): "the body site that codes name, before any lesion is known",
    ("facts/lesions.py", "sites"): "the same, several",
    ("pack/shape.py", "field"): "a field of a dataclass (Python's word)",
    ("model.py", "sites"): "places of the body that an event names, before any lesion is known",
    ("renderers/figures/skeleton.py", "site"): "where bones are drawn, lesion or not",
    ("renderers/figures/skeleton.py", "sites"): "the same, several",
    ("cli.py", "output"): "the option --output",
    ("readers/fhir*", "field"): "one key of a FHIR resource, such as effectiveDateTime",
    ("readers/fhir*", "fields"): "the same, several",
    (
        "readers/fhir*",
        "site",
    ): "FHIR's word (bodySite) for a place, not yet a lesion",
    ("pack/items.py", "now"): "the most urgent class, as a key of guide.yaml",
    ("pack/items.py", "today"): "the next class, likewise",
    ("readers/fhir*", "sites"): "the same, several",
    ("readers/fhir*", "reference"): "FHIR's word for a link from one resource to another",
    ("readers/fhir*", "references"): "FHIR's word for links from one resource to another",
    ("cohort/split.py", "subject"): "FHIR's key for whom a resource is about",
    ("cohort/split.py", "reference"): "FHIR's key for what a link names",
    ("readers/fhir*", "subject"): "FHIR's word for whom a resource is about",
}


def forbidden_words() -> dict[str, str]:
    forbidden: dict[str, str] = {}
    for ours, others in WORDS.items():
        for word in others:
            plural = word[:-1] + "ies" if word.endswith("y") else word + "s"
            forbidden |= {word: ours, plural: ours}
    return forbidden


def names_defined(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Give every identifier that the code itself chooses: not what it takes from libraries."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield node.lineno, node.name
            case ast.arg():
                yield node.lineno, node.arg
            case ast.Name(ctx=ast.Store()):
                yield node.lineno, node.id
            case ast.Attribute(ctx=ast.Store()):
                yield node.lineno, node.attr
            case ast.alias(asname=str(name)):
                yield node.lineno, name
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)):
                yield node.lineno, name
            case _:
                pass


def whole_word(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).strip("_").lower()


def words_to_replace(file: str, text: str) -> list[str]:
    forbidden = forbidden_words()
    found: list[str] = []
    for line, name in names_defined(ast.parse(text)):
        whole = whole_word(name)
        allowed = any(word == whole and fnmatch(file, files) for files, word in ALLOWED)
        if whole in forbidden and not allowed:
            found.append(f"{file}:{line}: `{name}`: the word is {forbidden[whole]}")
    return found


@pytest.mark.parametrize(
    "path", SOURCES, ids=[path.relative_to(ROOT / "src").as_posix() for path in SOURCES]
)
def test_identifiers_use_our_words(path: Path) -> None:
    file = path.relative_to(ROOT / "src" / "bonemets").as_posix()
    assert [] == words_to_replace(file, path.read_text(encoding="utf-8"))


def test_no_word_is_allowed_that_nobody_uses() -> None:
    used = {
        (path.relative_to(ROOT / "src" / "bonemets").as_posix(), whole_word(name))
        for path in SOURCES
        for _, name in names_defined(ast.parse(path.read_text(encoding="utf-8")))
    }
    assert [] == [
        (files, word)
        for files, word in ALLOWED
        if not any(word == other and fnmatch(file, files) for file, other in used)
    ]
    assert set() == {word for _, word in ALLOWED} - set(forbidden_words())


def test_the_search_for_words_finds_every_way_to_define_a_name() -> None:
    text = (
        "import numpy as plugin\n"
        "class ResultSet: pass\n"
        "def trigger(payload): rule = payload\n"
        "self.null = [met for met in ()]\n"
        "lesion_site = evidence = index_date = 1\n"
    )
    assert 7 == len(words_to_replace("sample.py", text))


# --- lock files and licence ------------------------------------------------------------------


def plain_name(requirement: str) -> str:
    """Give the name in a requirement in the one spelling that lock files use."""
    name = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert name is not None
    return re.sub(r"[-_.]+", "-", name[0]).lower()


def locked_names(lock: str) -> set[str]:
    lines = (ROOT / lock).read_text(encoding="utf-8").splitlines()
    return {plain_name(line) for line in lines if re.match(r"[A-Za-z0-9]", line)}


def test_the_locks_hold_every_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    runtime = {plain_name(line) for line in project["dependencies"]}
    dev = {plain_name(line) for line in project["optional-dependencies"]["dev"]}
    assert set() == runtime - locked_names("requirements.lock")
    assert set() == (runtime | dev) - locked_names("requirements-dev.lock")


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_package_is_pinned_with_hashes(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    packages = re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE)[1:]
    assert packages
    assert [] == [
        package.split()[0]
        for package in packages
        if "==" not in package.split()[0] or "--hash=sha256:" not in package
    ]


def test_both_locks_agree() -> None:
    def pins(lock: str) -> set[str]:
        lines = (ROOT / lock).read_text(encoding="utf-8").splitlines()
        return {line.removesuffix("\\").strip() for line in lines if re.match(r"\w.*==", line)}

    runtime, dev = pins("requirements.lock"), pins("requirements-dev.lock")
    # A marker may be wider in the larger lock; the versions may not differ.
    versions = {pin.split(" ;")[0] for pin in dev}
    assert set() == {pin.split(" ;")[0] for pin in runtime} - versions


def test_the_licence_is_whole() -> None:
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License" in text
    assert "END OF TERMS AND CONDITIONS" in text
