"""Replay the worked examples of a pack on the real line.

Given facts -> events -> facts -> findings, compared with what is expected.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, cast

from msgspec.structs import replace

from bonemets.assess import Writer
from bonemets.documents import Document
from bonemets.engine import DAY, Engine, One
from bonemets.errors import RecordRefused
from bonemets.explain import Patient
from bonemets.facts.lesions import Keys
from bonemets.lineage import Lineage, Part, result_of
from bonemets.model import Absent, OptionFinding, Record
from bonemets.pack.items import (
    STATUSES,
    Alert,
    Card,
    Example,
    Finder,
    Handout,
    Option,
    Score,
    Variable,
)
from bonemets.pack.load import Pack
from bonemets.pack.trees import Path, Trees
from bonemets.readers.case import CaseReader
from bonemets.readers.times import parse as parse_date
from bonemets.values import INF
from bonemets.writing.plan import begins
from bonemets.writing.words import status_name

INDEX: Final = dt.date(2026, 1, 1)
LESION: Final = "a"


@dataclass(frozen=True, slots=True)
class Failure:
    """An example that does not hold: which, on what part, and what came out instead."""

    item: str
    example: str
    part: str
    expected: str
    actual: str

    def __str__(self) -> str:
        """Give the failure as one line."""
        where = f"{self.item}: {self.example}: {self.part}"
        return f"{where}: expected {self.expected}, came out {self.actual}"


class Replay:
    """Runs examples of one pack.

    Compiled engines are kept for one item at a time, by which derived variables are given: those of
    all items together hold a gigabyte.
    """

    def __init__(self, pack: Pack) -> None:
        """Take the pack whose examples are replayed."""
        self.pack = pack
        self.symbols = pack.symbols()
        self.trees = Trees(pack)
        # What hangs on the variables alone is the same for the engines of all items.
        self.keys = Keys(pack)
        self.told = Lineage(self.trees).told()
        self.apart = replace(pack, interactions={})
        self.trees_apart = self.trees.like(self.apart)
        self.item = ""
        """The item whose engines are kept."""
        self.engines: dict[frozenset[str], Engine] = {}

    def all(self) -> Iterator[Failure]:
        """Give every failure of every example."""
        for identity, item in self.pack.items().items():
            for example in item.examples:
                yield from self.one(identity, item, example)

    def engine(self, identity: str, given: frozenset[str]) -> Engine:
        """Give the engine for one item with some derived variables given."""
        if identity != self.item:
            self.item, self.engines = identity, {}
        if given not in self.engines:
            pack, trees = (
                (self.apart, self.trees_apart)
                if identity in self.pack.options
                else (self.pack, self.trees)
            )
            self.engines[given] = Engine.of(
                pack,
                given=given,
                only=self.only(identity),
                trees=trees,
                keys=self.keys,
                told=self.told,
            )
        return self.engines[given]

    @staticmethod
    def alone(identity: str, pack: Pack) -> Pack:
        """Give the pack in which an item's examples run.

        Those of an option are of its own clauses: an interaction has examples of its own.
        """
        return replace(pack, interactions={}) if identity in pack.options else pack

    def only(self, identity: str) -> frozenset[str]:
        """Give what an example of an item runs: the item, and the options it names `instead`."""
        item = self.pack.options.get(identity)
        clauses = (*item.indicated, *item.contraindicated, *item.caution) if item else ()
        return frozenset({identity, *(o for c in clauses for o in c.instead)})

    def one(self, identity: str, item: Finder, example: Example) -> list[Failure]:
        """Replay one example."""
        derived = self.given(identity, example)
        try:
            record, moment = self.record(item, example)
        except (RecordRefused, ValueError) as error:
            return [Failure(identity, example.name, "given", "a readable example", str(error))]
        run = self.engine(identity, derived).run_one(record, moment)
        return self.compare(identity, item, example, run)

    def compare(self, identity: str, item: Finder, example: Example, run: One) -> list[Failure]:
        """Compare a run with what an example expects."""
        j = 0 if item.entity == "lesion" else None
        seen = Outcome(run, item, j)
        failures: list[Failure] = []
        for part, expected in example.expect.items():
            actual = seen.part(part)
            if not _agree(expected, actual, part):
                failures.append(Failure(identity, example.name, part, str(expected), str(actual)))
        return failures

    def given(self, identity: str, example: Example) -> frozenset[str]:
        """Give the derived variables that an example states."""
        return frozenset(n for n in _names(example.given) if self.derived(n) and n != identity)

    def derived(self, name: str) -> bool:
        """Say whether a variable is computed."""
        variable = self.pack.variables.get(name)
        return name in self.trees.givers or (
            variable is not None and (variable.formula is not None or variable.table_of is not None)
        )

    def record(self, item: Finder, example: Example) -> tuple[Record, int]:
        """Turn what is given into a record, as of its index date."""
        given = dict(example.given)
        index = INDEX
        if "index_date" in given:
            index = dt.date.fromisoformat(str(given.pop("index_date")))
        lesions = given.pop("lesions", None)
        own = {
            n: v
            for n, v in given.items()
            if n in self.symbols and self.symbols[n].entity == "lesion"
        }
        patient = {n: v for n, v in given.items() if n not in own}
        document = Document(
            "example", {"patient": patient, "lesions": lesions, "lesion": own}, {}, {}
        )
        reader = CaseReader(document, self.symbols, self.pack)
        reader.variables(patient, ("patient",), None)
        closed = False
        if item.entity == "lesion":
            reader.variables(own or None, ("lesion",), LESION)
            if not own:
                reader.state("lesion_status", Absent("not given"), None, ("lesion",), LESION, "")
            closed = True
        elif own:
            raise ValueError(f"{', '.join(own)} belongs to a lesion: put it under `lesions`")
        if lesions is not None:
            closed = reader.lesions(lesions, ("lesions",))
        if reader.faults:
            raise RecordRefused(reader.faults)
        day = (index - dt.date(1970, 1, 1)).days
        reader.date_undated(day, day)
        whole = (day * DAY, day * DAY + DAY - 1) if closed else None
        record = Record(
            name="example", events=tuple(reader.events), index_date=day, lesions_complete=whole
        )
        return record, day * DAY + DAY - 1


@dataclass(slots=True)
class Outcome:
    """The parts of one item's finding that an example may expect."""

    run: One
    item: Finder
    j: int | None
    sets: Patient | None = None

    @property
    def patient(self) -> Patient:
        """Give the patient's sets."""
        if self.sets is None:
            self.sets = self.run.sets()
        return self.sets

    def part(self, name: str) -> Any:
        """Give one part as plain values: texts, numbers, lists."""
        method = getattr(self, "get_" + name, None)
        return method() if method else f"no such part as `{name}`"

    def result(self, *key: str) -> Any:
        """Give a result's set for the item's own lesion, or the patient."""
        found = self.run.result(*key)
        return found[self.j] if self.j is not None else found

    def trees(self) -> dict[Path, Part]:
        """Give the trees of the item."""
        return self.patient.lineage.of(self.item)

    def get_value(self) -> Any:
        """Give a variable's value."""
        v = cast("Variable", self.item)
        found = self.result("variable", v.id)
        if v.type == "boolean":
            return result_of(found)
        if v.type == "level":
            left = [x for i, x in enumerate(v.levels) if found >> i & 1]
            return left[0] if len(left) == 1 else left
        return found[0] if found[0] == found[1] else list(found)

    def get_result(self) -> str:
        """Give whether an item with a condition holds."""
        return result_of(self.result(self.item.kind, self.item.id))

    def get_asked(self) -> str:
        """Give whether an alert is asked about while it is open."""
        alert = cast("Alert", self.item)
        settled = Writer(self.run).settled(alert, self.trees()[("when",)], self.j)
        return "no" if settled else "yes"

    def get_left_out(self) -> str:
        """Give whether a page is left out of the leaflet of those whom it concerns."""
        return "yes" if Writer(self.run).left_out(cast("Handout", self.item), self.j) else "no"

    def get_rows(self) -> list[int]:
        """Give the rows of a card that hold for this patient, counted from 0."""
        card, trees = cast("Card", self.item), self.trees()
        return [
            i
            for i in range(len(card.rows))
            if (tree := trees.get(("rows", i, "when"))) is None
            or self.patient.result(tree, self.j) == "yes"
        ]

    def get_applies(self) -> str:
        """Give whether a score applies."""
        key = ("score", self.item.id, "applies")
        return result_of(self.result(*key)) if key in self.run.engine.results else "yes"

    def get_total(self) -> Any:
        """Give a score's total."""
        low, high = self.result("score", self.item.id, "total")
        return low if low == high else [low, high]

    def get_band(self) -> Any:
        """Give the bands still possible."""
        s = cast("Score", self.item)
        mask = self.result("score", s.id, "band")
        left = [
            b
            for i, b in enumerate(s.bands or next(iter(s.bands_by_unit.values())))
            if mask >> i & 1
        ]
        return left[0] if len(left) == 1 else left

    def get_statuses(self) -> list[str]:
        """Give the statuses still possible of an option."""
        mask = self.result("option", self.item.id)
        return [s for i, s in enumerate(STATUSES) if mask >> i & 1]

    def get_status(self) -> str:
        """Give an option's status."""
        return status_name(tuple(self.get_statuses()))

    def option_found(self) -> OptionFinding:
        """Give an option's finding, as an assessment would show it."""
        found = self.result("option", self.item.id)
        return Writer(self.run).option(cast("Option", self.item), self.j, found)

    def get_begins(self) -> str:
        """Give by when an option begins where it is chosen."""
        return begins(cast("Option", self.item), self.option_found())

    def get_cautions(self) -> list[int]:
        """Give the cautions of an option that hold, counted from 0."""
        option, trees = cast("Option", self.item), self.trees()
        return [
            i
            for i in range(len(option.caution))
            if self.patient.result(trees["caution", i, "when"], self.j) == "yes"
        ]

    def get_not_begun(self) -> list[int]:
        """Give the cautions that hold and keep an option from being begun, counted from 0."""
        option = cast("Option", self.item)
        return [i for i in self.get_cautions() if option.caution[i].not_begun]

    def get_dose(self) -> str:
        """Give the dose as an assessment would print it, or `open`."""
        shown = self.option_found().dose
        return shown.text if shown is not None and shown.settled else "open"

    def get_stops(self) -> list[tuple[int, str]]:
        """Give the stops that are yes: index and reason of each."""
        option, trees = cast("Option", self.item), self.trees()
        return [
            (i, c.why)
            for i, c in enumerate(option.contraindicated)
            if self.patient.result(trees[("contraindicated", i, "when")], self.j) == "yes"
        ]

    def get_actions(self) -> list[str]:
        """Give the actions that are not left out."""
        alert, trees = cast("Alert", self.item), self.trees()
        kept: list[str] = []
        for i, action in enumerate(alert.actions):
            unless = trees.get(("actions", i, "unless"))
            only_if = trees.get(("actions", i, "only_if"))
            stopped = unless is not None and self.patient.result(unless, self.j) == "yes"
            unmet = only_if is not None and self.patient.result(only_if, self.j) == "no"
            if not stopped and not unmet:
                kept.append(action.do)
        return kept

    def get_missing(self) -> list[str]:
        """Give the observed variables that are missing."""
        p, item = self.patient, self.item
        found: dict[str, None] = {}
        trees = self.trees()
        if isinstance(item, Variable):
            p.missing_of(item.id, self.j, found)
        elif isinstance(item, Score):
            if ("applies",) in trees:
                found |= dict.fromkeys(p.missing(trees[("applies",)], self.j))
            for name in p.lineage.parts_of_score[item.id]:
                p.missing_of(name, self.j, found)
        elif isinstance(item, Option):
            for tree in trees.values():
                found |= dict.fromkeys(p.missing(tree, self.j))
        else:
            found |= dict.fromkeys(p.missing(trees[("when",)], self.j))
        return list(found)


def _names(given: dict[str, object]) -> list[str]:
    names = [n for n in given if n not in ("index_date", "lesions")]
    lesions = given.get("lesions")
    if isinstance(lesions, dict):
        for entry in cast("dict[str, Any]", lesions).get("list", []):
            names += [n for n in cast("dict[str, Any]", entry) if n != "id"]
    return names


def _agree(expected: Any, actual: Any, part: str) -> bool:
    if part in ("missing", "statuses", "actions", "rows", "cautions") or (
        part == "band" and isinstance(expected, list)
    ):
        found = cast("list[Any]", actual) if isinstance(actual, list) else [actual]
        return sorted(map(str, cast("list[Any]", expected))) == sorted(map(str, found))
    if part == "stops":
        wanted, stops = cast("list[Any]", expected), cast("list[tuple[int, str]]", actual)
        return len(wanted) == len(stops) and all(
            any(w == at if isinstance(w, int) else str(w) == why for at, why in stops)
            for w in wanted
        )
    if isinstance(expected, list):
        pair = cast("list[Any]", expected)
        if all(_is_number(x) for x in pair) and len(pair) == 2 and isinstance(actual, list):
            return all(
                _same(_end(e, side), a)
                for e, a, side in zip(pair, cast("list[Any]", actual), (-INF, INF), strict=True)
            )
        return isinstance(actual, list) and sorted(map(str, pair)) == sorted(
            map(str, cast("list[Any]", actual))
        )
    if isinstance(expected, bool):
        return actual == ("yes" if expected else "no")
    if isinstance(expected, int | float):
        return isinstance(actual, float) and _same(float(expected), actual)
    if isinstance(actual, list):
        span = parse_date(str(expected))
        return span is not None and [float(span.first), float(span.last)] == actual
    return str(expected) == str(actual)


def _is_number(value: Any) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def _end(value: Any, side: float) -> float:
    return side if value is None else float(value)


def _same(a: float, b: float) -> bool:
    return a == b or abs(a - b) <= 1e-9 * max(abs(a), abs(b))
