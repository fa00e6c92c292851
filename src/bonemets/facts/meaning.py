"""What a row says of a variable.

Codes -> variables, statuses and answers -> levels, units -> the variable's own unit.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from bonemets.facts.table import (
    ABSENT,
    ANSWER,
    BOOLEAN,
    DENIED,
    HIGH,
    LOW,
    NEVER,
    NOT_DONE,
    NOTHING,
    NUMBER,
    PAST,
    STATED,
    STATUSES,
    SUSPECTED,
    TIME,
    WORDS,
    Bools,
    CodeKey,
    Floats,
    Ints,
    Table,
    hits,
    integers,
)
from bonemets.model import Levels
from bonemets.pack.items import RANGED, SYSTEMS, Answers, Coding, Dose, Variable
from bonemets.pack.load import Pack
from bonemets.units import MASSES

"""Systems whose codes hold all longer ones: C50 holds C50.911."""

LIMIT: Final = 1e15
"""Numbers beyond it are not usable: they would overflow in products."""

DAY: Final = 86_400
DIGIT: Final = 16
"""So many bits of a number are ordered at a time."""
TOGETHER: Final = 1 << 62
"""No more than so many different things can columns say together."""
BY_DIGITS: Final = 4096
"""From so many numbers on they are ordered by their digits: 25 ns each on a processor on which it
takes 51 with NumPy's sort of 64-bit numbers by AVX-512 (some 15 with its sort by AVX2).
"""
KEPT: Final = 200_000
"""How many distinct codes an index remembers the meaning of, before it starts anew."""


Bytes = npt.NDArray[np.int8]
Ways = npt.NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Binding:
    """A code speaks for a variable; `coding` is None for a variable stated by its own name."""

    variable: int
    coding: Coding | None


DATE_FORM, NUMBER_FORM, MASK_FORM = range(3)
"""The forms of a fact: dates and numbers are two columns, the rest is a mask."""

CLASSES: Final = 4
DATES, NUMBERS, MASKS, MEDICINES = range(CLASSES)
"""The classes of rows: by form, medicines (pick `active`) apart."""


def form_of(variable: Variable) -> int:
    """Give the form of a variable's facts."""
    return {"date": DATE_FORM, "number": NUMBER_FORM}.get(variable.type, MASK_FORM)


def kind_of_fact(variable: Variable) -> int:
    """Give the class of a variable's rows."""
    form = form_of(variable)
    return MEDICINES if form == MASK_FORM and variable.pick == "active" else form


@dataclass(slots=True)
class Index:
    """The codes of a pack's variables: exact, and by prefix for systems with a hierarchy.

    Bindings go by their numbers.
    """

    variables: list[Variable]
    bindings: list[Binding] = field(default_factory=list[Binding])
    exact: dict[CodeKey, list[int]] = field(default_factory=dict[CodeKey, list[int]])
    prefixes: dict[CodeKey, list[int]] = field(default_factory=dict[CodeKey, list[int]])
    ranges: dict[CodeKey, list[int]] = field(default_factory=dict[CodeKey, list[int]])
    classes: dict[CodeKey, list[int]] = field(default_factory=dict[CodeKey, list[int]])
    """Classes of ATC above the codes of a medicine: what such a class says of that one is open."""
    known: Known = field(init=False)
    _systems: frozenset[tuple[str, str]] | None = None

    def __post_init__(self) -> None:
        """Look up each code once."""
        self.known = Known(self)

    def systems(self) -> frozenset[tuple[str, str]]:
        """Give the roles and systems in which some variable has a code."""
        if self._systems is None:
            tables = (self.exact, self.prefixes, self.ranges)
            every = ((role, system) for table in tables for role, system, _ in table)
            self._systems = frozenset(every)
        return self._systems

    def is_above(self, key: CodeKey) -> bool:
        """Say whether a code that speaks for nothing itself holds one that does (M05B, M05BX04)."""
        role, system, code = key
        plain = code.replace(".", "").upper()
        if system not in RANGED or not plain or self.numbers(key):
            return False
        return any(
            (r, s) == (role, system) and known.startswith(plain) for r, s, known in self.prefixes
        )

    def of(self, key: CodeKey) -> list[Binding]:
        """Give what a code speaks for."""
        return [self.bindings[n] for n in self.numbers(key)]

    def numbers(self, key: CodeKey) -> tuple[int, ...]:
        """Give the numbers of the bindings of a code."""
        return self.known[key]

    def find(self, key: CodeKey) -> Iterable[int]:
        """Find the bindings of a code.

        In a hierarchy the longest entry of each variable wins, and an entry before a range.
        A class that speaks for one medicine (L01, a cancer medicine) leaves open the others that it
        holds (cisplatin); one that speaks for none makes its list unreadable instead (`is_above`).
        """
        role, system, code = key
        if system not in RANGED:
            return self.exact.get(key, ())
        found: dict[int, list[int]] = {}
        plain = code.replace(".", "").upper()
        for length in range(len(plain), 0, -1):
            for entries in (self.prefixes, self.ranges):
                same: dict[int, list[int]] = {}
                for number in entries.get((role, system, plain[:length]), ()):
                    same.setdefault(self.bindings[number].variable, []).append(number)
                for variable, numbers in same.items():
                    found.setdefault(variable, numbers)
        if found:
            for number in self.classes.get((role, system, plain), ()):
                found.setdefault(self.bindings[number].variable, [number])
        return [n for numbers in found.values() for n in numbers]


class Known(dict[CodeKey, tuple[int, ...]]):
    """The numbers of the bindings of each code met; a new one is looked up."""

    def __init__(self, codes: Index) -> None:
        """Start empty."""
        super().__init__()
        self.codes = codes

    def __missing__(self, key: CodeKey) -> tuple[int, ...]:
        """Look a code up."""
        if len(self) >= KEPT:
            self.clear()
        found = self[key] = tuple(self.codes.find(key))
        return found


def index(variables: list[Variable]) -> Index:
    """Index the codes of variables."""
    result = Index(variables)

    def bind(number: int, coding: Coding | None) -> int:
        result.bindings.append(Binding(number, coding))
        return len(result.bindings) - 1

    for number, variable in enumerate(variables):
        result.exact[("variable", "bonemets", variable.id)] = [bind(number, None)]
        for coding in variable.codes:
            binding = bind(number, coding)
            for system in SYSTEMS:
                for code in getattr(coding, system):
                    _enter(result, coding.as_, system, code, binding)
        held = _classes(variable)
        if held:
            binding = bind(number, OPEN)
            for code in held:
                result.classes.setdefault(("drug", "atc", code), []).append(binding)
    return result


OPEN: Final = Coding(as_="drug", stated="unknown", denied="no", past="unknown")
"""A class on a list of medicines is one of those it holds, not told which; none of it is no.

That one of them was stopped says nothing of the others.
"""
ATC_LEVELS: Final = (1, 3, 4, 5)
"""The lengths of ATC's classes, above a substance of seven characters."""


def _classes(variable: Variable) -> set[str]:
    """Give the classes of ATC above the codes of a medicine that runs or not."""
    codes = medicines_of(variable)
    return {code[:length] for code in codes for length in ATC_LEVELS if length < len(code)}


def medicines_of(variable: Variable) -> list[str]:
    """Give the ATC codes of a medicine that runs or not."""
    if kind_of_fact(variable) != MEDICINES or variable.type != "boolean":
        return []
    return [code for coding in variable.codes if coding.as_ == "drug" for code in coding.atc]


def holds_several(variable: Variable) -> bool:
    """Say whether a medicine that runs or not is one of several: a class, or more substances."""
    codes = set(medicines_of(variable))
    return len(codes) > 1 or any(len(code) <= ATC_LEVELS[-1] for code in codes)


def _enter(result: Index, role: str, system: str, code: str, binding: int) -> None:
    if system not in RANGED:
        result.exact.setdefault((role, system, code), []).append(binding)
        return
    plain = code.replace(".", "").upper()
    if "-" not in plain:
        result.prefixes.setdefault((role, system, plain), []).append(binding)
        return
    start, end = plain.split("-", 1)
    for number in range(int(start[1:3]), int(end[1:3]) + 1):
        category = f"{start[0]}{number:02d}"
        result.ranges.setdefault((role, system, category), []).append(binding)


@dataclass(slots=True)
class Rows:
    """Rows of a table as statements about variables, class by class (see `CLASSES`).

    `row` points into the table, `binding` into the index.
    `mask` holds for booleans and levels, `low` and `high` for numbers and dates.
    `usable` is False for a value that may be anything (its reason in `why` is one of `REASONS`).
    `tells` says what a row of a count, a sum or a date is: see `OCCURS`.
    """

    row: Ints
    binding: Ints
    variable: Ints
    mask: Ints
    low: Floats
    high: Floats
    usable: Bools
    why: Bytes
    tells: Bytes


VALUE, OCCURS, MAY_OCCUR = range(3)
"""What a row tells: a value; that the thing occurred; that it may have (an order, a suspicion)."""

REASONS: Final = (
    "",
    "it has no unit. Send one; nothing was guessed",
    "its unit is not one of this variable's units",
    "its value is implausible",
    "its value is absent or unusable",
    "its value is none of the variable's levels",
    "a result in words came without the limits it refers to",
    "its kind of value does not fit the variable",
    "its status (denied, past or suspected) leaves the value open",
)
NO_UNIT, OTHER_UNIT, IMPLAUSIBLE, NO_VALUE, NO_LEVEL, NO_LIMITS, MISFIT, OPEN_STATUS = range(1, 9)

KINDS: Final = 7
WAYS: Final = len(STATUSES) * KINDS * 2
"""How many ways there are to say something: by status, kind of value, yes or no."""
PLAIN: Final = (STATED * KINDS + NUMBER) * 2
"""The way of a stated number."""

OCCURRING, ASKS, OF_LESION = 1, 2, 4
"""What a binding needs a look at: an occurrence, a site or dose asked for, a lesion."""


class Meanings:
    """What every binding of an index means, in columns by binding and by variable.

    It is made once for a pack.
    """

    def __init__(self, codes: Index, pack: Pack) -> None:
        """Prepare the columns."""
        self.codes, self.pack, self.variables = codes, pack, codes.variables
        codings = [b.coding for b in codes.bindings]
        self.variable = np.array([b.variable for b in codes.bindings] or [0], np.int64)
        self.own_name = np.array([c is None for c in codings] or [False], bool)
        self.as_drug = np.array(
            [c is not None and c.as_ == "drug" for c in codings] or [False], bool
        )
        self.as_finding = np.array(
            [c is None or c.as_ == "finding" for c in codings] or [False], bool
        )
        self.sited = np.array(
            [c is not None and c.sited is not None for c in codings] or [False], bool
        )
        doses = [c.dose if c is not None else None for c in codings]
        self.dosed = np.array([d is not None for d in doses] or [False], bool)
        self.dose_absent = np.array([d is not None and d.absent for d in doses] or [False], bool)
        self.dose_from = np.array(
            [_milligrams(d, d.from_ if d else None, -math.inf) for d in doses] or [0.0]
        )
        self.dose_to = np.array(
            [_milligrams(d, d.to if d else None, math.inf) for d in doses] or [0.0]
        )
        vs = self.variables or [Variable(title="", type="boolean")]
        self.minimum = np.array([-math.inf if v.minimum is None else v.minimum for v in vs])
        self.least = np.array([-math.inf if v.plausible is None else v.plausible[0] for v in vs])
        self.most = np.array([math.inf if v.plausible is None else v.plausible[1] for v in vs])
        self.whole = np.array([v.integer for v in vs], bool)
        self.counted = np.array([v.pick == "count" for v in vs], bool)
        self.dated = np.array([v.type == "date" for v in vs], bool)
        self.classes = np.array([kind_of_fact(v) for v in vs], np.int8)[self.variable]
        of_lesion = np.array([v.entity == "lesion" for v in vs], bool)[self.variable]
        occurring = (self.counted | self.dated)[self.variable] & (self.classes < MASKS)
        self.needs = OCCURRING * occurring.astype(np.uint8)
        self.needs |= ASKS * (self.sited | self.dosed).astype(np.uint8)
        self.needs |= OF_LESION * of_lesion.astype(np.uint8)
        self.bare = np.array([v.unit in (None, "1") for v in vs], bool)
        self.full = np.array([full_mask(v) for v in vs], np.int64)
        shapes = max(len(codings), 1) * WAYS
        self.mask = np.full(shapes, -1, np.int64)
        self.why = np.zeros(shapes, np.int8)
        self.spelled = spellings(pack)
        self.units, self.factor, self.offset, self.unfit = self.rates()
        shifted = self.offset.reshape(-1, len(self.bare)) != 0
        self.shifts: Bools = np.logical_or.reduce(shifted, axis=1)
        no = np.zeros(0, np.int64)
        self.bound_last: tuple[list[CodeKey], tuple[Ints, Ints, int]] = [], (no, no, 0)
        self.unit_masks: dict[tuple[str, str], int] = {}

    # which rows speak

    def spoken(self, table: Table) -> tuple[Ints, Ints]:
        """Give the rows that say something, and the binding through which each does.

        A row with several bindings comes several times.
        Plans say nothing, and neither does what was not done: it denies this one occasion,
        not that the thing was ever done.
        """
        bindings, widths, most = self.bound(table.codes)
        starts = widths.cumsum() - widths
        row = hits((widths > 0)[table.code] & (table.status < NOT_DONE))
        code = table.code[row]
        rows, found = [row[:0]], [row[:0]]
        for place in range(most):
            rows.append(row)
            found.append(bindings.take(starts + place, mode="clip")[code])
            more = hits((widths > place + 1)[code])
            row, code = row[more], code[more]
        return np.concatenate(rows), np.concatenate(found)

    def bound(self, codes: list[CodeKey]) -> tuple[Ints, Ints, int]:
        """Give the bindings of codes, one behind the other, how many each has, and the most.

        One batch after another has the same codes; a single patient between them has few.
        """
        before, found = self.bound_last
        if before is not codes and before != codes:
            speaks = [self.codes.known[key] for key in codes]
            bindings = np.array([n for numbers in speaks for n in numbers], np.int64)
            widths = np.array([len(numbers) for numbers in speaks], np.int64)
            found = bindings, widths, max(map(len, speaks), default=0)
            if len(codes) >= len(before) // 2:
                self.bound_last = codes, found
        return found

    def answered(self, table: Table, row: Ints, binding: Ints) -> Bools:
        """Say which rows have the bone site or the dose that their binding asks for."""
        masses = np.array(
            [*(MASSES.get(self.spelled.get(u, u), math.nan) for u in table.units), math.nan]
        )
        factor = np.where(table.kind[row] == NUMBER, masses[table.unit[row]], math.nan)
        with np.errstate(invalid="ignore"):
            low, high = table.low[row] * factor, table.high[row] * factor
            within = (low >= self.dose_from[binding]) & (high <= self.dose_to[binding])
        given = np.where(self.dose_absent[binding], np.isnan(low), within)
        return (~self.sited[binding] | table.in_bone[row]) & (~self.dosed[binding] | given)

    # what they say

    def masks(self, table: Table, rows: Rows, at: slice, way: Ways) -> None:
        """Read booleans and levels: each way of saying something is worked out once."""
        row, binding = rows.row[at], rows.binding[at]
        shape = binding * WAYS
        shape += way
        mask = rows.mask[at]
        self.mask.take(shape, out=mask, mode="clip")
        if int(mask.min()) < 0:
            for new in set(integers(shape[mask < 0])):
                rest, word = divmod(new, 2)
                rest, k = divmod(rest, KINDS)
                b, status = divmod(rest, len(STATUSES))
                found, self.why[new] = self.meaning(self.codes.bindings[b], status, k, word)
                self.mask[new] = found  # last: another thread may be looking it up
            self.mask.take(shape, out=mask, mode="clip")
        why = self.why[shape]
        answers = hits(way // 2 % KINDS == ANSWER) if table.answers else row[:0]
        if len(answers):
            self.answers(table, row[answers], binding[answers], answers, mask, why)
        if why.any():
            rows.why[at] = why
            np.equal(why, 0, out=rows.usable[at])

    @staticmethod
    def ways(table: Table) -> Ways:
        """Number each row's way of saying something: its status, kind of value, and yes or no."""
        way = (table.status * (2 * KINDS)).astype(np.int16)
        way += (table.kind * 2).astype(np.int16)
        yes = hits(table.kind == BOOLEAN)
        way[yes] += table.low[yes] == 1.0
        return way

    def meaning(self, binding: Binding, status: int, kind: int, word: int) -> tuple[int, int]:
        """Give the mask of one way of saying something, and why it is unusable (0: it is not)."""
        variable, coding = self.variables[binding.variable], binding.coding
        full = full_mask(variable)
        if coding is not None and coding.as_ == "site":
            # where it is does not hang on what is said of it
            return self.by_status(variable, coding, STATED), 0
        if kind == ABSENT:
            return full, NO_VALUE
        valued = kind != NOTHING and (coding is None or coding.as_ == "finding")
        if not valued or status != STATED:
            return self.by_status(variable, coding, status), 0
        if kind == BOOLEAN and coding is None and variable.type == "boolean":
            return (2 if word else 1), 0
        if (
            kind == BOOLEAN
            and coding is not None
            and (variable.type == "boolean" or coding.stated is not None)
        ):
            return self.by_status(variable, coding, STATED if word else DENIED), 0
        return full, MISFIT

    def by_status(self, v: Variable, coding: Coding | None, status: int) -> int:
        """Give what a status says: the level that the coding or the variable names for it.

        Where none is named, it says anything.
        """
        names = {STATED: "stated", DENIED: "denied", PAST: "past", SUSPECTED: "suspected"}
        level: str | None = (
            getattr(coding, names[status]) if coding is not None and status in names else None
        )
        if level is None and status == PAST:
            level = v.past
        if level is None and v.type == "boolean":
            plain = coding is None or coding.stated in (None, "yes")
            level = "yes" if status == STATED else "no" if status == DENIED and plain else None
        return full_mask(v) if level in (None, "unknown") else bit(v, str(level))

    def answers(
        self, table: Table, row: Ints, binding: Ints, at: Ints, mask: Ints, why: Bytes
    ) -> None:
        """Read coded answers, each distinct one once."""
        take = self.as_finding[binding] & (table.status[row] == STATED)
        row, binding, at = row[take], binding[take], at[take]
        width = max(len(table.answers), 1)
        unique, inverse = distinct(binding * width + table.answer[row])
        masks, whys = np.zeros(len(unique), np.int64), np.zeros(len(unique), np.int8)
        for number, value in enumerate(integers(unique)):
            b, answer = divmod(value, width)
            found = self.answer_mask(self.codes.bindings[b], table.answers[answer])
            masks[number], whys[number] = (
                (self.full[self.codes.bindings[b].variable], NO_LEVEL)
                if found is None
                else (found, 0)
            )
        mask[at], why[at] = masks[inverse], whys[inverse]

    def answer_mask(self, binding: Binding, value: object) -> int | None:
        """Give the levels that an answer may mean; None where it means none of them."""
        v, coding = self.variables[binding.variable], binding.coding
        if isinstance(value, Levels):
            known = [
                n for n in value.names if n in (("yes", "no") if v.type == "boolean" else v.levels)
            ]
            return sum(bit(v, n) for n in dict.fromkeys(known)) if known else None
        keys = answer_codes(value)
        mask = 0
        for level, answers in v.answers.items():
            if keys & _listed(answers):
                mask |= bit(v, level)
        terms = self.pack.terms
        if mask or terms is None:
            return mask or None
        for status, answers in ((STATED, terms.yes), (DENIED, terms.no)):
            if keys & _listed(answers) and (
                v.type == "boolean" or (coding is not None and coding.stated is not None)
            ):
                mask |= self.by_status(v, coding, status)
        return mask or None

    def numbers(self, table: Table, rows: Rows, at: slice, way: Ways) -> None:
        """Read numbers: brought to the variable's unit, open ends closed at its minimum.

        Implausible ones are set aside.
        """
        row, variable = rows.row[at], rows.variable[at]
        low, high = table.low[row], table.high[row]
        huge = hits(np.maximum(np.abs(low), np.abs(high)) > LIMIT)
        if len(huge):
            ends = np.abs(np.array((low[huge], high[huge])))
            huge = huge[((ends > LIMIT) & (ends < math.inf)).any(axis=0)]
        open_below = hits(low == -math.inf)
        low, high, fault = self.convert(table, variable, table.unit[row], low, high)
        if len(open_below):
            low[open_below] = self.minimum[variable[open_below]]
        others = hits((way != PLAIN) | self.counted[variable])
        if len(others):
            self.unusual(table, rows, at, others, low, high, fault)
        whole = hits(self.whole[variable])
        if len(whole):
            low[whole], high[whole] = np.ceil(low[whole]), np.floor(high[whole])
        bad = high < self.least[variable]
        bad |= low > self.most[variable]
        bad |= low > high
        bad[huge] = True
        bad &= fault == 0
        bad &= rows.tells[at] == VALUE
        fault[bad] = IMPLAUSIBLE
        wrong = hits(fault != 0)
        if len(wrong):
            low[wrong], high[wrong] = -math.inf, math.inf
            rows.usable[at][wrong] = False
            rows.why[at][wrong] = fault[wrong]
        rows.low[at], rows.high[at] = low, high

    def unusual(
        self,
        table: Table,
        rows: Rows,
        at: slice,
        others: Ints,
        low: Floats,
        high: Floats,
        fault: Bytes,
    ) -> None:
        """Read what is no plain number: words, answers, occurrences, and what cannot be used."""
        row, binding, variable = (
            rows.row[at][others],
            rows.binding[at][others],
            rows.variable[at][others],
        )
        kind, status = table.kind[row], table.status[row]
        counted = self.counted[variable]
        drug = self.as_drug[binding]
        occurs = counted & ((kind == NOTHING) | drug)
        happens = hits(occurs)
        if len(happens):
            sure = self.occurred(table, row[happens], drug[happens])
            rows.tells[at][others[happens]] = np.where(sure, OCCURS, MAY_OCCUR)
        value = fault[others]
        value[kind == NOTHING] = NO_VALUE
        value[(kind == BOOLEAN) | (kind == TIME)] = MISFIT
        for position in hits((kind == ANSWER) & ~occurs).tolist():
            found = self.answer_numbers(
                int(variable[position]), table.answers[int(table.answer[row[position]])]
            )
            value[position] = 0 if found else NO_LEVEL
            if found:
                low[others[position]], high[others[position]] = min(found), max(found)
        words = hits(kind == WORDS)
        if len(words):
            a, b, bad = self.in_words(table, row[words], variable[words])
            low[others[words]], high[others[words]] = a, b
            value[words] = np.where(bad, NO_LIMITS, 0)
        value[status != STATED] = OPEN_STATUS
        value[kind == ABSENT] = NO_VALUE
        value[happens] = 0
        low[others[happens]], high[others[happens]] = -math.inf, math.inf
        fault[others] = value

    def occurred(self, table: Table, row: Ints, drug: Bools) -> Bools:
        """Say which rows tell that a counted or dated thing surely happened.

        Of a medicine, that is only a dose that was given.
        """
        status = table.status[row]
        sure = (status == STATED) | (status == PAST) & ~drug
        sure &= table.kind[row] != ABSENT
        medicine = hits(drug)
        if len(medicine):
            sure[medicine] &= given_dose(table, row[medicine])
        return sure

    def answer_numbers(self, variable: int, value: object) -> list[float]:
        """Give the whole numbers that a coded answer means (ECOG 0 to 4)."""
        if isinstance(value, Levels):
            return [float(n) for n in value.names if n.isdigit()]
        keys = answer_codes(value)
        return [
            float(level)
            for level, answers in self.variables[variable].answers.items()
            if keys & _listed(answers)
        ]

    def convert(
        self, table: Table, variable: Ints, unit: Ints, low: Floats, high: Floats
    ) -> tuple[Floats, Floats, Bytes]:
        """Bring numbers to their variables' units.

        A unit is required unless the variable's unit is 1.
        """
        known = self.units
        numbers = np.array([*(known.get(u, 1) for u in table.units), 0])  # at last: no unit
        pair = (numbers * len(self.bare))[unit]
        pair += variable
        by = self.factor[pair]
        low, high = low * by, high * by
        if self.shifts[numbers].any():
            plus = self.offset[pair]
            low, high = low + plus, high + plus
        return low, high, self.unfit[pair]

    def rates(self) -> tuple[dict[str, int], Floats, Floats, Bytes]:
        """Give numbers to the units that are known, and factor, offset and fault of each.

        There is an entry for each variable, first for no unit, then for one that nobody knows.
        A unit is matched as UCUM, then by a listed spelling.
        """
        listed = {u for accepted in self.pack.units.values() for u in accepted}
        numbers = {u: i for i, u in enumerate(sorted(listed | self.spelled.keys()), 2)}
        factor = np.ones((len(numbers) + 2, len(self.bare)))
        offset, unfit = np.zeros(factor.shape), np.full(factor.shape, OTHER_UNIT, np.int8)
        unfit[0] = np.where(self.bare, 0, NO_UNIT)
        for number, v in enumerate(self.variables):
            accepted = self.pack.units.get(v.id, {})
            spelled = {s: accepted[u] for s, u in self.spelled.items() if u in accepted}
            for unit, (by, plus) in {**spelled, **accepted}.items():
                at = numbers[unit], number
                factor[at], offset[at], unfit[at] = by, plus, 0
        return numbers, factor.ravel(), offset.ravel(), unfit.ravel()

    def unit_mask(self, v: Variable, written: str) -> int:
        """Give the levels (names of units) that a unit as written is."""
        found = self.unit_masks.get((v.id, written))
        if found is None:
            unit = self.spelled.get(written, written)
            named = [v.names.get(level, level) == unit for level in v.levels]
            found = sum(1 << i for i, same in enumerate(named) if same) or full_mask(v)
            if len(self.unit_masks) < KEPT:
                self.unit_masks[(v.id, written)] = found
        return found

    def in_words(self, table: Table, row: Ints, variable: Ints) -> tuple[Floats, Floats, Bools]:
        """Give the interval that *low*, *normal* or *high* means by the limits reported with it."""
        low, high, fault = self.convert(
            table, variable, table.limit_unit[row], table.limit_low[row], table.limit_high[row]
        )
        minimum = self.minimum[variable]
        word, no_low, no_high = table.low[row], np.isnan(low), np.isnan(high)
        bad = (fault != 0) | np.where(
            word == LOW, no_low, np.where(word == HIGH, no_high, no_low & no_high)
        )
        a = np.where(
            word == LOW,
            minimum,
            np.where(word == HIGH, np.nextafter(high, math.inf), np.where(no_low, minimum, low)),
        )
        b = np.where(
            word == LOW,
            np.nextafter(low, -math.inf),
            np.where(word == HIGH, math.inf, np.where(no_high, math.inf, high)),
        )
        return np.where(bad, -math.inf, a), np.where(bad, math.inf, b), bad

    def dates(self, table: Table, rows: Rows, at: slice, way: Ways) -> None:
        """Read dates: the one that is stated, else the event's own."""
        row = rows.row[at]
        kind = way // 2 % KINDS
        own = kind == TIME
        first, last = table.first[row], table.last[row]
        low, high = np.where(own, table.low[row], first), np.where(own, table.high[row], last)
        undated = (first < -NEVER // 2) | (last > NEVER // 2)
        wrong = (kind == ABSENT) | ~own & undated
        low[wrong], high[wrong] = -math.inf, math.inf
        rows.low[at], rows.high[at] = low, high
        rows.usable[at], rows.why[at] = ~wrong, np.where(wrong, NO_VALUE, 0)
        drug = self.as_drug[rows.binding[at]]
        told = ~own & ~wrong
        sure = self.occurred(table, row[told], drug[told])
        rows.tells[at][told] = np.where(sure, OCCURS, MAY_OCCUR)

    def denied(self, table: Table, row: Ints, binding: Ints) -> Bools:
        """Say which rows of counts and dates deny an occurrence: they count and date nothing."""
        occurs = (table.kind[row] == NOTHING) | self.as_drug[binding]
        occurs |= self.dated[self.variable[binding]]
        return occurs & (table.status[row] == DENIED)


def given_dose(table: Table, row: Ints) -> Bools:
    """Say which medicines are a dose that was given: at a point of time, or within a day."""
    first, last, end_first, end_last = (
        table.first[row],
        table.last[row],
        table.end_first[row],
        table.end_last[row],
    )
    return (end_last < NEVER) & (
        (end_first == first) & (end_last == last) | (end_last - first <= DAY)
    )


def distinct(column: Ints) -> tuple[Ints, Ints]:
    """Give the distinct numbers of a column in order, and for each row which of them it is.

    `np.unique` does the same, but imports `numpy.ma`: a fortieth of a cold start.
    """
    order, ordered = in_order(column)
    new = np.ones(len(column), bool)
    new[1:] = ordered[1:] != ordered[:-1]
    which = np.empty(len(column), np.int64)
    which[order] = np.cumsum(new) - 1
    return ordered[new], which


def distinct_rows(rows: Ints) -> tuple[Ints, Ints]:
    """Give the distinct rows of a matrix of whole numbers from 0 on, and for each row which it is.

    What columns say together is one number as far as it fits; then it is numbered anew.
    """
    together, size = np.zeros(len(rows), np.int64), 1
    for column in rows.T:
        width = int(column.max(initial=0)) + 1
        if size * width > TOGETHER:
            found, together = distinct(together)
            size = len(found)
        if size * width > TOGETHER:
            found, column = distinct(column)
            width = len(found)
        together = together * width + column
        size *= width
    which = distinct(together)[1]
    first = np.zeros(int(which.max(initial=-1)) + 1, np.int64)
    first[which] = np.arange(len(rows))
    return rows[first], which


def in_order(column: Ints) -> tuple[Ints, Ints]:
    """Give where the numbers of a column stand in their order, equal ones as they came, and them.

    Many numbers are ordered by their digits, each of 16 bits, which NumPy counts instead of
    comparing. Of few, one sort of plain numbers, each with its place behind it, is several times
    faster than an argsort.
    """
    bits = len(column).bit_length()
    if not len(column) or int(column.min()) < 0:
        order = column.argsort(kind="stable")
        return order, column[order]
    width = int(column.max()).bit_length()
    if len(column) >= BY_DIGITS and width <= 2 * DIGIT:
        order = column.astype(np.uint16).argsort(kind="stable")  # the lower digit is what stays
        if width > DIGIT:
            upper = (column >> DIGIT).astype(np.uint16)
            order = order[upper[order].argsort(kind="stable")]
        return order, column[order]
    if width + bits > 62:
        order = column.argsort(kind="stable")
        return order, column[order]
    packed = (column << bits) | np.arange(len(column))
    packed.sort()
    return packed & ((1 << bits) - 1), packed >> bits


def full_mask(v: Variable) -> int:
    """Give the mask of anything."""
    return 3 if v.type == "boolean" else (1 << len(v.levels)) - 1


def bit(v: Variable, level: str) -> int:
    """Give the mask of one level, or of yes or no."""
    if v.type == "boolean":
        return 2 if level == "yes" else 1
    return 1 << v.levels.index(level)


def answer_codes(value: object) -> set[tuple[str, str]]:
    """Give the codings of an answer."""
    return {(c.system, c.code) for c in value} if isinstance(value, tuple) else set()  # pyright: ignore


def _listed(answers: Answers) -> set[tuple[str, str]]:
    return {
        (s, c) for s in ("loinc", "snomed", "icd10", "icdo3", "hl7") for c in getattr(answers, s)
    }


def spellings(pack: Pack) -> dict[str, str]:
    """Give the UCUM unit of each spelling that the knowledge lists."""
    if pack.terms is None:
        return {}
    return {spelling: unit for unit, many in pack.terms.unit_spellings.items() for spelling in many}


def _milligrams(dose: Dose | None, value: float | None, default: float) -> float:
    if dose is None or value is None or dose.unit is None:  # a strength has a unit (pack/check.py)
        return default
    return value * MASSES[dose.unit]
