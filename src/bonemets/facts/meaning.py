"""What a row says of a variable: codes -> variables, statuses and answers -> levels, units -> the variable's own unit."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from bonemets.facts.table import (
    ABSENT,
    ANSWER,
    BOOLEAN,
    DENIED,
    HIGH,
    LOW,
    NOT_DONE,
    NOTHING,
    NUMBER,
    PAST,
    PLANNED,
    STATED,
    SUSPECTED,
    TIME,
    WORDS,
    Bools,
    CodeKey,
    Floats,
    Ints,
    Table,
)
from bonemets.model import Levels
from bonemets.pack.items import Answers, Coding, Variable
from bonemets.pack.load import Pack

PREFIXED: Final = frozenset({"icd10", "atc", "icdo3"})
"""Systems whose codes hold all longer ones: C50 holds C50.911."""

LIMIT: Final = 1e15
"""Numbers beyond it are not usable: they would overflow in products."""


@dataclass(frozen=True, slots=True)
class Binding:
    """A code speaks for a variable; `coding` is None for a variable stated by its own name."""

    variable: int
    coding: Coding | None


@dataclass(slots=True)
class Index:
    """The codes of a pack's variables: exact, and by prefix for systems with a hierarchy."""

    variables: list[Variable]
    exact: dict[CodeKey, list[Binding]] = field(default_factory=dict[CodeKey, list[Binding]])
    prefixes: dict[CodeKey, list[Binding]] = field(default_factory=dict[CodeKey, list[Binding]])

    def of(self, key: CodeKey) -> list[Binding]:
        """Give what a code speaks for; in a hierarchy the longest entry of each variable wins."""
        role, system, code = key
        if system not in PREFIXED:
            return self.exact.get(key, [])
        found: dict[int, list[Binding]] = {}
        plain = code.replace(".", "").upper()
        for length in range(len(plain), 0, -1):
            level: dict[int, list[Binding]] = {}
            for binding in self.prefixes.get((role, system, plain[:length]), []):
                level.setdefault(binding.variable, []).append(binding)
            for variable, bindings in level.items():
                found.setdefault(variable, bindings)
        return [b for bindings in found.values() for b in bindings]


SYSTEMS: Final = ("loinc", "snomed", "icd10", "atc", "rxnorm", "icdo3", "hl7")


def index(variables: list[Variable]) -> Index:
    """Index the codes of variables."""
    result = Index(variables)
    for number, variable in enumerate(variables):
        result.exact[("variable", "bonemets", variable.id)] = [Binding(number, None)]
        for coding in variable.codes:
            binding = Binding(number, coding)
            for system in SYSTEMS:
                for code in getattr(coding, system):
                    _enter(result, coding.as_, system, code, binding)
    return result


def _enter(result: Index, role: str, system: str, code: str, binding: Binding) -> None:
    if system not in PREFIXED:
        result.exact.setdefault((role, system, code), []).append(binding)
        return
    plain = code.replace(".", "").upper()
    entries = [plain]
    if "-" in plain:
        start, end = plain.split("-", 1)
        entries = [f"{start[0]}{n:02d}" for n in range(int(start[1:3]), int(end[1:3]) + 1)]
    for entry in entries:
        result.prefixes.setdefault((role, system, entry), []).append(binding)


@dataclass(slots=True)
class Rows:
    """Rows of a table as statements about variables: `row` points into the table; masks for booleans and levels, ends for numbers and dates.

    `usable` is False for a value that may be anything (its reason stands in `why`, a number into `REASONS`).
    `counts` is False for a row that says nothing at all of the variable and is dropped.
    """

    row: Ints
    variable: Ints
    mask: Ints
    low: Floats
    high: Floats
    usable: Bools
    why: Ints


REASONS: Final = (
    "",
    "it has no unit. Send one; nothing was guessed",
    "its unit is not one of this variable's units",
    "its value is implausible",
    "its value is absent or unusable",
    "its value is none of the variable's levels",
    "a result in words came without the limits it refers to",
    "its kind of value does not fit the variable",
)
NO_UNIT, OTHER_UNIT, IMPLAUSIBLE, NO_VALUE, NO_LEVEL, NO_LIMITS, MISFIT = range(1, 8)


def read(table: Table, codes: Index, pack: Pack) -> Rows:
    """Say what each row means for each variable that its code speaks for."""
    speaks = [codes.of(key) for key in table.codes]
    widths = np.array([len(s) for s in speaks], np.int64)
    repeats = widths[table.code] if len(table) else np.zeros(0, np.int64)
    row = np.repeat(np.arange(len(table)), repeats)
    starts = np.cumsum(repeats) - repeats
    position = np.arange(len(row)) - np.repeat(starts, repeats)
    offsets = np.concatenate([[0], np.cumsum(widths)])[:-1] if len(widths) else np.zeros(0, np.int64)
    flat = [binding for s in speaks for binding in s]
    which = offsets[table.code[row]] + position if len(row) else np.zeros(0, np.int64)
    variable = np.array([b.variable for b in flat], np.int64)[which] if flat else np.zeros(0, np.int64)
    keep = _spoken(table, row, which, flat)
    row, which, variable = row[keep], which[keep], variable[keep]
    reader = _Reader(table, codes.variables, pack, flat, row, which, variable)
    rows, says = reader.read()
    return Rows(*(getattr(rows, name)[says] for name in ("row", "variable", "mask", "low", "high", "usable", "why")))


def _spoken(table: Table, row: Ints, which: Ints, flat: list[Binding]) -> Bools:
    """Drop rows whose binding asks for a bone site or a dose that the row has not."""
    keep = (table.status[row] != PLANNED) & (table.status[row] != NOT_DONE)
    for number, binding in enumerate(flat):
        coding = binding.coding
        if coding is None or (coding.sited is None and coding.dose is None):
            continue
        mine = which == number
        if not mine.any():
            continue
        if coding.sited == "bone":
            keep &= ~mine | table.in_bone[row]
        if coding.dose is not None:
            kind = table.kind[row]
            if coding.dose.absent:
                keep &= ~mine | (kind != NUMBER)
            else:
                factors = np.array([_mass(u, coding.dose.unit or "mg") for u in table.units] or [math.nan])
                dose = table.low[row] * factors[table.unit[row]]
                low = -math.inf if coding.dose.from_ is None else coding.dose.from_
                high = math.inf if coding.dose.to is None else coding.dose.to
                keep &= ~mine | ((kind == NUMBER) & (table.unit[row] >= 0) & (dose >= low) & (dose <= high))
    return keep


MASSES: Final = {"g": 1000.0, "mg": 1.0, "ug": 0.001, "mcg": 0.001, "µg": 0.001}


def _mass(unit: str, to: str) -> float:
    return MASSES[unit] / MASSES[to] if unit in MASSES and to in MASSES else math.nan


class _Reader:
    def __init__(
        self, table: Table, variables: list[Variable], pack: Pack, flat: list[Binding], row: Ints, which: Ints, variable: Ints
    ) -> None:
        self.table, self.variables, self.pack, self.flat = table, variables, pack, flat
        self.row, self.which, self.variable = row, which, variable
        n = len(row)
        self.rows = Rows(
            row, variable, np.zeros(n, np.int64), np.full(n, -math.inf), np.full(n, math.inf), np.ones(n, bool), np.zeros(n, np.int64)
        )  # fmt: skip
        self.says = np.ones(n, bool)

    def read(self) -> tuple[Rows, Bools]:
        kinds = np.array([("boolean", "level", "number", "date").index(v.type) for v in self.variables] or [0])
        kind = kinds[self.variable] if len(self.row) else np.zeros(0, np.int64)
        self.levels(np.flatnonzero(kind <= 1))
        self.numbers(np.flatnonzero(kind == 2))
        self.dates(np.flatnonzero(kind == 3))
        bad = ~self.rows.usable
        full = np.array([_full(v) for v in self.variables] or [0])
        if bad.any():
            self.rows.mask[bad] = full[self.variable[bad]]
            self.rows.low[bad], self.rows.high[bad] = -math.inf, math.inf
        return self.rows, self.says

    def unusable(self, at: Ints, why: int) -> None:
        self.rows.usable[at] = False
        self.rows.why[at] = why

    def levels(self, at: Ints) -> None:
        """Read booleans and levels: once for each distinct (binding, status, kind, value), then copied to the rows."""
        if not len(at):
            return
        table, row = self.table, self.row[at]
        kind, status = table.kind[row], table.status[row]
        detail = np.where(kind == ANSWER, table.answer[row], np.where(kind == BOOLEAN, table.low[row] == 1.0, 0)).astype(np.int64)
        base = 1 + max(int(detail.max(initial=0)), 0)
        key = ((self.which[at] * 8 + status) * 8 + kind) * base + detail
        unique, inverse = np.unique(key, return_inverse=True)
        masks, whys, says = (np.zeros(len(unique), t) for t in (np.int64, np.int64, bool))
        for number, value in enumerate(unique.tolist()):
            rest, answer = divmod(value, base)
            rest, k = divmod(rest, 8)
            which, s = divmod(rest, 8)
            masks[number], whys[number], says[number] = self.meaning(self.flat[which], s, k, answer)
        self.rows.mask[at] = masks[inverse]
        self.rows.why[at] = whys[inverse]
        self.rows.usable[at] = whys[inverse] == 0
        self.says[at] = says[inverse]

    def meaning(self, binding: Binding, status: int, kind: int, answer: int) -> tuple[int, int, bool]:
        """Give the mask of one kind of statement, why it is unusable (0: it is usable), and whether it says anything."""
        variable = self.variables[binding.variable]
        full = _full(variable)
        if kind == ABSENT:
            return full, NO_VALUE, True
        coding = binding.coding
        by_status = self.status_mask(variable, coding, status)
        if kind == ANSWER:
            mask = self.answer_mask(variable, coding, answer)
            if mask is None:
                return full, NO_LEVEL, True
            return mask, 0, True
        if kind == BOOLEAN:
            if variable.type == "boolean":
                return (2 if answer else 1), 0, True
            if coding is not None and coding.stated is not None:
                return self.status_mask(variable, coding, STATED if answer else DENIED), 0, True
            return full, MISFIT, True
        if kind in (NUMBER, WORDS, TIME) and not (coding is not None and coding.as_ in ("drug", "site")):
            return full, MISFIT, True
        return by_status, 0, True

    def status_mask(self, v: Variable, coding: Coding | None, status: int) -> int:
        names = {STATED: "stated", DENIED: "denied", PAST: "past", SUSPECTED: "suspected"}
        level = getattr(coding, names[status]) if coding is not None else None
        if level is None and status == PAST:
            level = v.past
        if level is None and v.type == "boolean":
            level = {STATED: "yes", DENIED: "no"}.get(status)
        return _full(v) if level in (None, "unknown") else _bit(v, str(level))

    def answer_mask(self, v: Variable, coding: Coding | None, answer: int) -> int | None:
        value = self.table.answers[answer]
        if isinstance(value, Levels):
            known = [n for n in value.names if n in (("yes", "no") if v.type == "boolean" else v.levels)]
            return sum(_bit(v, n) for n in dict.fromkeys(known)) if known else None
        keys = {(c.system, c.code) for c in value}
        for level, answers in v.answers.items():
            if keys & _answer_keys(answers):
                return _bit(v, level)
        terms = self.pack.terms
        if terms is not None:
            for word, answers in (("yes", terms.yes), ("no", terms.no)):
                if keys & _answer_keys(answers):
                    if v.type == "boolean":
                        return _bit(v, word)
                    if coding is not None and coding.stated is not None:
                        return self.status_mask(v, coding, STATED if word == "yes" else DENIED)
        return None

    def numbers(self, at: Ints) -> None:
        if not len(at):
            return
        table, row, variable = self.table, self.row[at], self.variable[at]
        kind = table.kind[row]
        factor, offset, fault = self.factors(variable, table.unit[row])
        low, high = table.low[row] * factor + offset, table.high[row] * factor + offset
        minimum = np.array([-math.inf if v.minimum is None else v.minimum for v in self.variables])[variable]
        low = np.where(table.low[row] == -math.inf, minimum, low)
        whole = np.array([v.integer for v in self.variables])[variable]
        low, high = np.where(whole, np.ceil(low), low), np.where(whole, np.floor(high), high)
        is_number = kind == NUMBER
        words = kind == WORDS
        if words.any():
            wl, wh, bad = self.in_words(row, variable, minimum)
            low, high = np.where(words, wl, low), np.where(words, wh, high)
            fault = np.where(words, np.where(bad, NO_LIMITS, 0), fault)
        counted = np.array([v.pick == "count" for v in self.variables])[variable]
        silent = (kind == NOTHING) & (table.status[row] == STATED)
        fault = np.where((kind == ABSENT) | (kind == NOTHING) & ~counted, NO_VALUE, fault)
        fault = np.where(~is_number & ~words & (kind != ABSENT) & (kind != NOTHING), MISFIT, fault)
        fault = np.where(counted & silent, 0, fault)
        if (kind == ANSWER).any():
            low, high, fault = self.coded_numbers(row, variable, low, high, fault)
        plausible_low = np.array([-math.inf if v.plausible is None else v.plausible[0] for v in self.variables])[variable]
        plausible_high = np.array([math.inf if v.plausible is None else v.plausible[1] for v in self.variables])[variable]
        with np.errstate(invalid="ignore"):
            odd = (high < plausible_low) | (low > plausible_high) | (low > high) | (np.abs(table.low[row]) > LIMIT) & np.isfinite(table.low[row])
        fault = np.where((fault == 0) & (is_number | words) & odd, IMPLAUSIBLE, fault)
        self.rows.low[at] = np.where(fault == 0, low, -math.inf)
        self.rows.high[at] = np.where(fault == 0, high, math.inf)
        self.unusable(at[fault != 0], 0)
        self.rows.why[at] = fault
        self.rows.mask[at] = np.where(counted & silent, 1, 0)
        self.says[at] = (table.status[row] == STATED) | (table.status[row] == PAST)

    def coded_numbers(self, row: Ints, variable: Ints, low: Floats, high: Floats, fault: Ints) -> tuple[Floats, Floats, Ints]:
        """Read whole numbers that come as coded answers (ECOG 0 to 4)."""
        for position in np.flatnonzero(self.table.kind[row] == ANSWER).tolist():
            v = self.variables[int(variable[position])]
            value = self.table.answers[int(self.table.answer[row[position]])]
            numbers: list[float] = []
            if isinstance(value, Levels):
                numbers = [float(n) for n in value.names if n.isdigit()]
            else:
                keys = {(c.system, c.code) for c in value}
                numbers = [float(level) for level, answers in v.answers.items() if keys & _answer_keys(answers)]
            if numbers:
                low[position], high[position], fault[position] = min(numbers), max(numbers), 0
            else:
                fault[position] = NO_LEVEL
        return low, high, fault

    def factors(self, variable: Ints, unit: Ints) -> tuple[Floats, Floats, Ints]:
        """Give factor, offset and fault for each (variable, unit); a unit is required unless the variable's unit is 1."""
        spelled = _spellings(self.pack)
        width = len(self.table.units) + 1
        key = variable * width + unit + 1
        unique, inverse = np.unique(key, return_inverse=True)
        factor, offset, fault = np.ones(len(unique)), np.zeros(len(unique)), np.zeros(len(unique), np.int64)
        for number, value in enumerate(unique.tolist()):
            v, u = divmod(value, width)
            accepted = self.pack.units.get(self.variables[v].id, {})
            if u == 0:
                fault[number] = 0 if self.variables[v].unit in (None, "1") else NO_UNIT
                continue
            written = self.table.units[u - 1]
            found = accepted.get(written) or accepted.get(spelled.get(written, ""))
            if found is None:
                fault[number] = OTHER_UNIT
            else:
                factor[number], offset[number] = found
        return factor[inverse], offset[inverse], fault[inverse]

    def in_words(self, row: Ints, variable: Ints, minimum: Floats) -> tuple[Floats, Floats, Bools]:
        """Give the interval that *low*, *normal* or *high* means by the limits reported with it."""
        table = self.table
        factor, offset, fault = self.factors(variable, table.limit_unit[row])
        low, high = table.limit_low[row] * factor + offset, table.limit_high[row] * factor + offset
        word = table.low[row]
        bad = (fault != 0) | np.where(word == LOW, np.isnan(low), np.where(word == HIGH, np.isnan(high), np.isnan(low) | np.isnan(high)))
        a = np.where(word == LOW, minimum, np.where(word == HIGH, np.nextafter(high, math.inf), low))
        b = np.where(word == LOW, np.nextafter(low, -math.inf), np.where(word == HIGH, math.inf, high))
        return np.where(bad, -math.inf, a), np.where(bad, math.inf, b), bad

    def dates(self, at: Ints) -> None:
        if not len(at):
            return
        table, row = self.table, self.row[at]
        kind = table.kind[row]
        own = kind == TIME
        by_event = (kind != TIME) & (kind != ABSENT)
        dated = (table.first[row] > -(2**59)) & (table.last[row] < 2**59)
        low = np.where(own, table.low[row], table.first[row].astype(np.float64))
        high = np.where(own, table.high[row], table.last[row].astype(np.float64))
        fault = np.where(kind == ABSENT, NO_VALUE, np.where(by_event & ~dated, NO_VALUE, 0))
        self.rows.low[at] = np.where(fault == 0, low, -math.inf)
        self.rows.high[at] = np.where(fault == 0, high, math.inf)
        self.rows.usable[at] = fault == 0
        self.rows.why[at] = fault
        self.says[at] = np.isin(table.status[row], (STATED, PAST))


def _full(v: Variable) -> int:
    return 3 if v.type == "boolean" else (1 << len(v.levels)) - 1


def _bit(v: Variable, level: str) -> int:
    if v.type == "boolean":
        return 2 if level == "yes" else 1
    return 1 << v.levels.index(level)


def _answer_keys(answers: Answers) -> set[tuple[str, str]]:
    return {(s, c) for s in ("loinc", "snomed", "icd10", "icdo3", "hl7") for c in getattr(answers, s)}


def _spellings(pack: Pack) -> dict[str, str]:
    if pack.terms is None:
        return {}
    return {spelling: unit for unit, spellings in pack.terms.unit_spellings.items() for spelling in spellings}
