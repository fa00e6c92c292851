"""YAML text is read as plain values with places; whatever is unsafe or ambiguous is a fault."""

from __future__ import annotations

import pytest

from bonemets import documents
from bonemets.documents import Document, Spot, Unreadable, decode, parse, scalar
from bonemets.errors import Fault
from small_pack import marked


def read(text: str) -> Document:
    return parse(text, "f.yaml")


def refused(text: str) -> list[Fault]:
    with pytest.raises(Unreadable) as caught:
        read(text)
    assert caught.value.__cause__ is None
    return caught.value.faults


# --- values --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", "yes"),
        ("no", "no"),
        ("on", "on"),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("0", 0),
        ("-3", -3),
        ("+5", 5),
        ("2.50", 2.5),
        ("1e3", 1000.0),
        ("-1.5E-2", -0.015),
        ("12:30", "12:30"),
        ("2026-03-01", "2026-03-01"),
        ("2026-03-01T08:00:00+01:00", "2026-03-01T08:00:00+01:00"),
        ("1_000", "1_000"),
        ("0x1F", "0x1F"),
        ("0o7", "0o7"),
        ("007", "007"),
        ("12345678901234567", "12345678901234567"),
        ("999999999999999", 999_999_999_999_999),
        (".inf", ".inf"),
        (".nan", ".nan"),
        ("nan", "nan"),
        ("1e999", "1e999"),
        ("1.5e", "1.5e"),
        ("1-2", "1-2"),
        ("< 5", "< 5"),
        ("²", "²"),
        ("٣", "٣"),
    ],
)
def test_a_plain_scalar_is_a_value_only_where_it_is_surely_one(text: str, value: object) -> None:
    found = scalar(text, plain=True)
    assert found == value
    assert type(found) is type(value)


def test_quoted_and_block_text_stays_text() -> None:
    document = read("a: '1'\nb: \"true\"\nc: |\n  2\nd: 'null'\n")
    assert document.value == {"a": "1", "b": "true", "c": "2\n", "d": "null"}


def test_a_number_keeps_how_it_was_written() -> None:
    assert read("a: 1.10").spots[("a",)] == Spot(1, 4, "", "1.10")


def test_tables_lists_and_nothing() -> None:
    assert read("a: [1, {b: c}, []]\nd: {}\ne:\n").value == {
        "a": [1, {"b": "c"}, []],
        "d": {},
        "e": None,
    }


# --- places --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("a: ¦1", ("a",)),
        ("a:\n  b:\n    - x\n    - ¦y\n", ("a", "b", 1)),
        ("a: '¦x'", ("a",)),
        ('a: "¦x"', ("a",)),
        ("a: |\n  ¦x\n  y\n", ("a",)),
        ("a: |\n\n\n    ¦x\n", ("a",)),
        ("a: |2\n    ¦x\n", ("a",)),
        ("# note\na: [1, ¦2]", ("a", 1)),
        ("a: {b: ¦{c: 1}}", ("a", "b")),
        ("é: ¦x", ("é",)),
    ],
)
def test_a_value_is_found_where_its_content_starts(text: str, path: tuple[str | int, ...]) -> None:
    plain, ((line, column),) = marked(text)
    spot = read(plain).spots[path]
    assert (spot.line, spot.column) == (line, column)


def test_a_key_is_found_where_it_stands() -> None:
    plain, ((line, column),) = marked("a:\n  ¦b: 1\n")
    spot = read(plain).keys[("a", "b")]
    assert (spot.line, spot.column) == (line, column)


def test_a_fault_at_an_unknown_place_stands_at_the_nearest_one_above() -> None:
    document = read("a:\n  b: 1\n")
    assert (document.fault(("a", "c", 3), "x", "y").line, document.fault((), "x", "y").line) == (
        2,
        1,
    )
    assert document.fault(("a", "b"), "x", "y", key=True) == Fault("f.yaml", 2, 3, "x", "y")


@pytest.mark.parametrize(
    ("text", "style"),
    [
        ("a: b", ""),
        ("a: 'b'", "'"),
        ("a: |\n  b\n", "|"),
        ("a: >\n  b\n", ">"),
        ("a: b\n  c\n", "multi-line"),
        ("a: 'b\n  c'\n", "multi-line"),
        ('a: "b\n  c"\n', "multi-line"),
    ],
)
def test_how_a_scalar_is_written_is_known(text: str, style: str) -> None:
    assert read(text).spots[("a",)].style == style


# --- faults --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a: ¦&x 1", "yaml-alias"),
        ("a: ¦&x [1]\nb: *x", "yaml-alias"),
        ("a: ¦*x", "yaml-alias"),
        ("a: ¦!!python/object/apply:os.system [ls]", "yaml-tag"),
        ("a: ¦!!str 1", "yaml-tag"),
        ("a: ¦!mine {b: 1}", "yaml-tag"),
        ("¦!!str a: 1", "yaml-tag"),
        ("¦&x a: 1", "yaml-tag"),
        ("? ¦[a, b]\n: 1", "bad-key"),
        ("? ¦{a: b}\n: 1", "bad-key"),
        ("¦<<: *x", "yaml-alias"),
        ("a: 1\n¦---\nb: 2", "several-documents"),
        ("a: 1\n¦a: 2", "duplicate-key"),
        ("a:\n  b: 1\n  ¦'b': 2", "duplicate-key"),
        ("a: {b: 1, ¦b: 1}", "duplicate-key"),
        ("a: [1, 2¦}", "not-yaml"),
        ("a: 1\n¦\tb: 2", "not-yaml"),
        ("a: b:¦ c", "not-yaml"),
    ],
)
def test_what_is_unsafe_or_ambiguous_is_refused_at_its_place(text: str, code: str) -> None:
    plain, ((line, column),) = marked(text)
    (fault,) = refused(plain)
    assert fault.code == code
    if code != "not-yaml" and not plain.startswith("<<"):
        assert (fault.line, fault.column) == (line, column)
    else:
        assert fault.line == line or plain.startswith("<<")


def test_every_duplicate_is_named_with_the_first_of_each() -> None:
    found = refused("a: 1\nb: 1\na: 2\nb: 2\na: 3\n")
    assert [(f.line, f.code) for f in found] == [
        (3, "duplicate-key"),
        (4, "duplicate-key"),
        (5, "duplicate-key"),
    ]
    assert all(f"f.yaml:{n}:1" in f.message for f, n in zip(found, (1, 2, 1), strict=True))


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing\n"])
def test_an_empty_file_is_refused(text: str) -> None:
    assert [f.code for f in refused(text)] == ["empty"]


def test_bottomless_nesting_is_refused() -> None:
    assert [f.code for f in refused("[" * 42 + "]" * 42)] == ["too-deep"]
    assert {f.code for f in refused("[" * 100_000)} <= {"too-deep", "not-yaml"}
    assert read("[" * 41 + "]" * 41).value


def test_too_many_values_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "MAX_NODES", 5)
    assert read("[1, 2, 3, 4]").value == [1, 2, 3, 4]
    assert [f.code for f in refused("[1, 2, 3, 4, 5]")] == ["too-large"]


def test_no_fault_holds_a_value() -> None:
    for text in (
        "a: !x secret",
        "a: &x secret",
        "a: secret\na: secret",
        "a: secret: secret",
        "a: [secret",
    ):
        assert all("secret" not in str(fault) for fault in refused(text))


# --- bytes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-16-le"])
def test_utf_8_and_utf_16_with_its_mark_are_read(encoding: str) -> None:
    mark = {"utf-16-be": b"\xfe\xff", "utf-16-le": b"\xff\xfe"}.get(encoding, b"")
    assert decode(mark + "a: µ\n".encode(encoding), "f") == "a: µ\n"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\xff", "not-text"),
        (b"a: \xe9\n", "not-text"),
        (b"\xff\xfea", "not-text"),
        (b"a\x00b", "not-text"),
        ("a: µ".encode("utf-16-le"), "not-text"),
        (b"x" * (documents.MAX_BYTES + 1), "too-large"),
    ],
)
def test_other_bytes_are_refused(data: bytes, code: str) -> None:
    with pytest.raises(Unreadable) as caught:
        decode(data, "f")
    assert [f.code for f in caught.value.faults] == [code]
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None or caught.value.__suppress_context__


@pytest.mark.parametrize("character", ["\x01", "\x7f", "\x1b"])
def test_control_characters_are_refused(character: str) -> None:
    assert [f.code for f in refused(f"a: x{character}\n")] == ["not-yaml"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_end_is_read_and_counted(end: str) -> None:
    document = read(end.join(["a: |", "  x", "  y", "b: 1", ""]))
    assert document.value == {"a": "x\ny\n", "b": 1}
    assert (document.spots[("a",)].line, document.keys[("b",)].line) == (2, 4)
