"""Nothing in a line passes for a hole, and no stretch of lines for others."""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path

import bulk
import msgspec
import pytest
from test_castings import LOINC, PERSON, SIGN, WHOSE, bare, both, counted, lab, lesion, written

from bonemets.api import Knowledge
from bonemets.cohort.files import Part, lines_in
from bonemets.cohort.moulds import Moulds, filled, read_of
from bonemets.cohort.sheet import lines_again, rows_of, sheet_of
from bonemets.cohort.split import Splitter, rows_in

MUTANTS, ALL = 1_500, 60_000
LAB = bare(lab(1, valueQuantity={"value": 3.5, "unit": "mmol/L"}, issued="2026-10-02"))
TIME, ID, VALUE = b'"2026-10-01T08:00:00Z"', b'"id":"1"', b'"value":3.5'
UNIT = b'"unit":"mmol/L"'
FINAL = b'"status":"final"'
ODD: dict[str, tuple[bytes, bytes]] = {
    # what fills a hole
    "an escaped letter in a date": (TIME, rb'"2026-10-01T08:00:00\u005a"'),
    "an escaped quote in a date": (TIME, rb'"2026-10-01\",\"status\":\"x"'),
    "an escaped backslash before the end": (TIME, rb'"2026-10-01\\"'),
    "an escaped zero": (ID, rb'"id":"1\u0000"'),
    "what separates, in a hole": (TIME, b'"}],{:,[ "'),
    "nothing in a hole": (TIME, b'""'),
    "no identifier": (ID, b'"id":""'),
    "spaces": (TIME, b'" 2026-10-01 "'),
    "a hole that is as long as it may be": (TIME, b'"' + b"2" * 64 + b'"'),
    "a longer one": (TIME, b'"' + b"2" * 65 + b'"'),
    "letters beyond ASCII": (TIME, '"2026-10-01ä"'.encode()),
    "no UTF-8 in a hole": (TIME, b'"2026-10-01\xff"'),
    "no UTF-8 beside it": (UNIT, b'"unit":"\xff"'),
    "a delete": (TIME, b'"2026\x7f"'),
    "a tab": (TIME, b'"2026\t"'),
    "half a pair": (UNIT, rb'"unit":"\ud800"'),
    # numbers
    **{
        f"the number {n}": (VALUE, b'"value":' + n.encode())
        for n in (
            *("1e2", "1E2", "1.0", "01", "-0", "-0.0", "0", "00", "1.", ".5", "+1", "--1", "-"),
            *("1.2.3", "1-2", "123456789012345", "1234567890123456", "123456789012345678901234"),
            *("0.12345678901234567", "0.123456789012345678", "1e400", "NaN", "7100000001"),
            *("null", "true", '"3.5"', "[3.5]", '{"value":3.5}', "3.5 ", " 3.5", "  3.5"),
        )
    },
    "a number that ends the line": (VALUE + b",", b'"value":3'),
    # keys
    "a key twice": (VALUE, b'"value":1,"value":3.5'),
    "an object twice": (b'"valueQuantity"', b'"valueQuantity":{"value":9},"valueQuantity"'),
    "whose it is, twice": (b'"subject"', b'"subject":{"reference":"Patient/q"},"subject"'),
    "an identifier twice": (ID, b'"id":"2","id":"1"'),
    "an identifier again, escaped": (ID, rb'"id":"2","i\u0064":"1"'),
    "an identifier before it, escaped": (ID, rb'"i\u0064":"2","id":"1"'),
    "a key that ends like one": (FINAL, rb'"x\"id":"7","x\"value":5,"status":"final"'),
    "a key that is like one": (FINAL, b'"vogue":5,"valueSite":"a","status":"final"'),
    "a key of another value": (FINAL, b'"end":5,"start":true,"issued":{"id":"4"},"status":"final"'),
    "a key as a text": (FINAL, b'"x":["id",":","value","1"],"status":"final"'),
    "a key in a text": (FINAL, rb'"x":"\"id\":\"7\",\"value\":5,","status":"final"'),
    "a backslash before a key": (FINAL, rb'"x":"\\","id":"1","y":"\\\\","status":"final"'),
    "an inner identifier": (FINAL, b'"extension":[{"id":"4","valueDate":"2026-01-01"}],' + FINAL),
    # spaces
    "a space before the colon": (ID, b'"id" :"1"'),
    "a space behind it": (ID, b'"id": "1"'),
    "two": (ID, b'"id":  "1"'),
    "a tab behind it": (ID, b'"id":\t"1"'),
    "spaces around": (b"{", b" { "),
    # lines
    "a mark": (b'{"resourceType"', b'\xef\xbb\xbf{"resourceType"'),
    "a comma at the end": (b'-02"}', b'-02",}'),
    "two objects": (b'{"resourceType"', b'{}{"resourceType"'),
    "something behind": (b'"mmol/L"}', b'"mmol/L"}}x'),
    "no end": (b'-02"}', b'-02"'),
    "no end of a text": (UNIT, b'"unit":"mmol/L'),
}


def whose(line: bytes, who: str) -> bytes:
    """A line of another patient."""
    return line.replace(b"Patient/p", b"Patient/" + who.encode()).replace(
        b'"id":"p"', b'"id":"%s"' % who.encode()
    )


def test_an_odd_line_beside_plain_ones_says_what_it_says_alone(knowledge: Knowledge) -> None:
    plain = LAB.replace(b'"id"', FINAL + b',"id"', 1) if FINAL not in LAB else LAB
    others = [plain.replace(ID, b'"id":"%d"' % n).replace(b"3.5", b"%d.25" % n) for n in (7, 8, 9)]
    patients = {"plain": [whose(x, "plain") for x in (bare(PERSON), *others)]}
    names = {"plain": "plain"}
    for n, (what, (old, new)) in enumerate(ODD.items()):
        assert old in plain
        odd = plain.replace(old, new, 1)
        for who, beside in ((f"alone{n}", []), (f"beside{n}", others)):
            names[who] = what
            patients[who] = [whose(x, who) for x in (bare(PERSON), odd, *beside)]
    found, expected, cast, alone, many = both(patients, {}, knowledge)
    assert found.keys() == expected.keys()
    for who, events in expected.items():
        assert events == found[who], names[who]
    assert counted(cast) == counted(alone)
    assert many > 20  # some are cast, all the same


def resources() -> list[bytes]:
    drawn = [r for found in bulk.patients(12, seed=2, mishaps=0.2) for r in found]
    more = [
        lab(1, component=[{"code": SIGN, "valueQuantity": {"value": 1, "unit": "g"}}]),
        lab(2, text={"div": '<p id="x">"value":1,\\</p>'}, meta={"lastUpdated": "2026-01-01"}),
        lab(3, extension=[{"url": "u", "valueDate": "2026-01-01"}, {"url": "v", "valueCode": "F"}]),
        lesion(4, identifier=[{"system": LOINC, "value": "17"}], note=[{"text": 'a "b": "c"'}]),
        {**PERSON, "name": [{"family": "Ä\u0000", "period": {"start": "2020", "end": "2021"}}]},
        {"resourceType": "Procedure", "id": "5", "subject": WHOSE, "performedDateTime": "2026"},
    ]
    spaced = [json.dumps(r).encode() for r in (*drawn[:40], *more)]
    return [bare(r) for r in (*drawn, *more)] + spaced


PIECES = (
    *(bytes([x]) for x in b'"\\,:{}[] \t-0.e\0\x1a\xc3\r'),
    *(b'"id":"1"', b'"value":1,', b'"value":', b'"end":"2026"', b'\\"', b"\\u0022", b"7100000000"),
    *(b"null", b'"reference":"', b"}{", b'":"', b"\xef\xbb\xbf"),
)  # fmt: skip


def spoiled(line: bytes, rnd: random.Random) -> bytes:
    """A line with something put in, left out or written twice."""
    for _ in range(rnd.choice((1, 1, 1, 2, 4))):
        at, until = sorted(rnd.randrange(len(line) + 1) for _ in range(2))
        until = min(until, at + rnd.choice((0, 0, 1, 1, 3, 12)))
        put = rnd.choice((rnd.choice(PIECES), b"", line[at:until] * 2))
        line = line[:at] + put + line[until:]
    return line


def mutants(config: pytest.Config, seed: int) -> list[bytes]:
    rnd, whole = random.Random(seed), resources()
    many = ALL if config.getoption("--all") else MUTANTS
    return whole + [spoiled(rnd.choice(whole), rnd).replace(b"\n", b" ") for _ in range(many)]


def test_a_mould_filled_again_is_the_line(request: pytest.FixtureRequest) -> None:
    """Whatever was done to a line: as it is cut, so it is read."""
    lines = [line for line in mutants(request.config, 3) if line]
    moulds = Moulds()
    sheet = sheet_of(written({str(n): [line] for n, line in enumerate(lines)}), moulds)
    assert len(lines) == len(sheet.cut)
    seen: Counter[str] = Counter()
    for n, number in enumerate(sheet.cut.tolist()):
        assert lines[int(sheet.names[int(sheet.patient[n])])] == sheet.line(n)
        if number < 0:
            seen["whole"] += 1
            continue
        way = moulds.ways[number]
        seen[way.mould.kind] += 1
        tree = msgspec.json.decode(sheet.line(n))
        first, mould = int(sheet.first[n]), way.mould
        held = {}
        for holes, places in (
            ((mould.ident, mould.about), (way.ident, way.about)),
            *((getattr(mould, x), getattr(way, x)) for x in ("dates", "links")),
        ):
            for hole, place in zip(holes, places, strict=True):
                if place >= 0:
                    held[hole] = sheet.holes[first + place].decode()
        for hole, place in zip(mould.numbers, way.numbers, strict=True):
            held[hole] = msgspec.json.decode(sheet.holes[first + place])
        for hole, place, quoted in zip(mould.bound, way.bound, way.quoted, strict=True):
            text = sheet.holes[first + place]
            held[hole] = msgspec.json.decode(b'"%s"' % text if quoted else text)
        if mould.plain:
            assert read_of(tree) == filled(mould, held)
            assert str(read_of(tree)) == str(filled(mould, held))  # 1 is not 1.0, nor -0 0
    assert min(seen[x] for x in ("whole", "Observation", "Condition", "Patient")) > 20


Split = tuple[dict[int, list[tuple[bytes, bytes]]], int, dict[str, int], dict[str, int]]


def split(text: bytes, at_once: bool) -> tuple[int, Split]:
    """What is made of a text: how many lines are cut, and names and lines, and what is counted."""
    one = Splitter(Part("", 0, 0, "lines", 0), 3, Path())
    if at_once:
        one.stretch(text)
    else:
        for line in lines_in(text):
            one.take(line)
    one.pack_loose()
    held: dict[int, list[tuple[bytes, bytes]]] = {}
    fast = 0
    for bucket, parts in one.held.items():
        for names, cuts, holes in parts:
            fast += int((cuts >= 0).sum())
            lines = lines_again(rows_of(names, cuts, holes, one.moulds))
            held.setdefault(bucket, []).extend(zip(names.to_pylist(), lines, strict=True))
    return fast, (held, one.done.lines, one.done.faults, one.done.ignored)


STRETCHES = {
    "an object over two lines, and two on one": b'{"resourceType":"Patient","id":"1"}{"a":\n1}\n',
    "an array over two lines": b'{"resourceType":"Patient","id":"1","x":[{}\n{}]}\n',
    "two on one line, and none on the next": b'{"id":"1"}{"id":"2"}\n \n',
    "two on one line, and an empty one": b'{"id":"1"}{"id":"2"}\n\n',
    "a text over two lines": b'{"resourceType":"Patient","id":"}\n{"}\n',
    "a comment": b'{"id":"1"}\n//{}\n',
    "windows": LAB + b"\r\n" + LAB + b"\r\n",
    "old apples": LAB + b"\r" + LAB + b"\n",
    "a mark at the start": b"\xef\xbb\xbf" + LAB + b"\n",
    "UTF-16": LAB.decode().encode("utf-16") + b"\n",
    "spaces around": b"  " + LAB + b" \n",
    "nothing": b"\n\n\n",
    "a Bundle of another": b'{"resourceType":"Bundle","entry":[{"resource":' + LAB + b"}]}\n",
    "types of other forms": b'{"resourceType":[]}\n{"resourceType":""}\n{"resourceType":" Foo "}\n'
    b'{"resourceType":"Foo"}\n{"resourceType":" Observation "}\n{"a":1}\n',
    "of nobody": b'{"resourceType":"Observation","subject":{}}\n'
    b'{"resourceType":"Observation","subject":null,"patient":{"reference":"Patient/a"}}\n'
    b'{"resourceType":"Observation","subject":{"reference":" Patient/a "}}\n'
    b'{"resourceType":"Observation","subject":{"reference":7}}\n'
    b'{"resourceType":"Observation","subject":{"reference":"Patient/a\\u0009b"}}\n',
    "deep": b'{"a":' * 5_000 + b"1" + b"}" * 5_000 + b"\n",
}


@pytest.mark.parametrize("what", STRETCHES)
def test_a_stretch_is_split_as_its_lines_are(what: str) -> None:
    text = LAB + b"\n" + STRETCHES[what] + LAB.replace(b"/p", b"/q") + b"\n" + LAB + b"\n"
    assert split(text, at_once=False)[1] == split(text, at_once=True)[1]


def test_spoiled_stretches_are_split_as_their_lines_are(request: pytest.FixtureRequest) -> None:
    rnd = random.Random(11)
    lines = mutants(request.config, 5)
    fast = 0
    for _ in range(len(lines) // 4):
        some = rnd.choices(lines[-MUTANTS:], k=2) * 2 + rnd.choices(lines[:400], k=2) * 3
        rnd.shuffle(some)
        text = b"".join(line + rnd.choice((b"\n", b"\n", b"\n", b"\r\n")) for line in some)
        at_once, found = split(text, at_once=True)
        fast += at_once
        assert split(text, at_once=False)[1] == found
    assert fast > len(lines)


def test_what_is_written_by_bucket_is_every_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where moulds are so many that they are forgotten on the way."""
    lines = resources() * 3
    source = tmp_path / "all.ndjson"
    source.write_bytes(b"".join(line + b"\n" for line in lines))
    monkeypatch.setattr("bonemets.cohort.files.BLOCK", 20_000)
    part = Part(str(source), 0, -1, "lines", 0)
    found: list[dict[int, list[tuple[bytes, bytes]]]] = []
    kept: list[int] = []
    for most in (50_000, 10):
        monkeypatch.setattr("bonemets.cohort.moulds.MOST_MOULDS", most)
        one = Splitter(part, 3, tmp_path / f"part-{most}")
        index = one.run()
        kept.append(len(one.moulds.ways))
        rows = {b: rows_in([(one.to, index)], b) for b in range(-2, 3)}
        found.append(
            {
                b: list(zip(of.column("name").to_pylist(), lines_again(of), strict=True))
                for b, of in rows.items()
                if of.num_rows
            }
        )
        moulds = Moulds()  # of another process
        for bucket, of in rows.items():
            sheet = sheet_of(of, moulds)
            again = sorted((sheet.names[w].encode(), sheet.line(n))
                           for n, w in enumerate(sheet.patient.tolist()))  # fmt: skip
            assert again == sorted(found[-1].get(bucket, []))
    expected = split(b"".join(line + b"\n" for line in lines), at_once=False)[1][0]
    assert found == [expected, expected]
    assert kept[1] < kept[0] / 4
