"""A patient whom nobody has met: what a program reads, as terms; and a real one found that way.

Everything that is known to hold of all patients is a premise here: plausible values, limits of one
report in their order, a metastasis that is confirmed because a lesion is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from bonemets.expression import Symbol, walk
from bonemets.pack.trees import Trees
from bonemets.program import Facts, Input, Output, Program
from bonemets.proof.solver import BIG, Term, every, exact, lifted, some, z3
from bonemets.proof.symbols import Bits, Real, Symbols, code, is_free, value_of
from bonemets.values import FALSE, INF, NO, NONE, OPEN, SURE, TRUE, YES, Scalars

DAY: Final = 86_400
INDEX: Final = 20_454 * DAY + DAY - 1
"""The index moment: the end of the first day of 2026."""
LONG: Final = 130 * 366 * DAY
"""No date of a patient is longer ago than a life."""
SOON: Final = 366 * DAY
STEP: Final = z3.RealVal("1/1000")
"""What is less than this apart is the same to a patient."""

Place = tuple[str, int | None]
"""A variable, and the lesion that it is of (None: the patient's own)."""


@dataclass(frozen=True, slots=True)
class Fact:
    """The terms of one fact: its bits or its ends, and its recorded state."""

    entry: Input
    value: Any
    state: Any = None


@dataclass(slots=True)
class World:
    """A patient as terms.

    `known` patients have one value of everything (a date may be that of nothing that ever
    happened), other ones any sets. Of lesions that a question is about the first is there.
    """

    program: Program
    trees: Trees
    lesions: int
    known: bool
    opened: frozenset[str] = frozenset()
    """Variables of which a known patient may have any set all the same."""
    first_is_there: bool = False
    loose: bool = False
    label: str = ""
    like: World | None = None
    """A patient of whom this one has the same facts, save those in `varied`."""
    varied: frozenset[str] = frozenset()
    facts: dict[Place, Fact] = field(default_factory=dict[Place, Fact])
    there: list[Term] = field(default_factory=list[Term])
    premises: list[Term] = field(default_factory=list[Term])
    symbols: Symbols = field(init=False)

    def __post_init__(self) -> None:
        """Make the terms."""
        if self.like is not None:
            self.there = self.like.there
        else:
            self.there = [
                True if k == 0 and self.first_is_there else z3.Bool(f"lesion_{k}")
                for k in range(self.lesions)
            ]
        for entry in self.program.inputs.values():
            members = (None,) if entry.entity == "patient" else range(self.lesions)
            for j in members:
                self.facts[entry.name, j] = self._fact(entry, j)
        self.symbols = Symbols(
            [code(t, t) for t in self.there],
            loose=self.loose,
            label=self.label,
            like=self.like.symbols if self.like is not None else None,
        )
        self._together()

    # its facts

    def _fact(self, entry: Input, j: int | None) -> Fact:
        if self.like is not None and entry.name not in self.varied:
            return self.like.facts[entry.name, j]
        name = f"{self.label}{entry.name}{'' if j is None else f'_of_{j}'}"
        state = None if entry.state is None else self._state(name)
        symbol = self.trees.symbols[entry.name]
        make = {"boolean": self._boolean, "level": self._level}.get(entry.kind, self._number)
        return Fact(entry, make(name, symbol), state)

    def _is_open(self, symbol: Symbol) -> bool:
        return not self.known or symbol.name in self.opened

    def _state(self, name: str) -> Bits:
        sure = z3.Bool(f"{name}_recorded")
        if self.known:
            return Bits([False, sure])
        perhaps = z3.Bool(f"{name}_perhaps")
        self.premises.append(z3.Not(z3.And(sure, perhaps)))
        return Bits([perhaps, sure])

    def _boolean(self, name: str, symbol: Symbol) -> Bits:
        yes = z3.Bool(name)
        if not self._is_open(symbol):
            return Bits([z3.Not(yes), yes], single=True)
        no = z3.Bool(f"{name}_no")
        self.premises.append(z3.Or(yes, no))
        return Bits([no, yes])

    def _level(self, name: str, symbol: Symbol) -> Bits:
        bits = [z3.Bool(f"{name}_{level}") for level in symbol.levels]
        self.premises.append(z3.Or(*bits))
        if not self._is_open(symbol):
            if len(bits) > 1:
                self.premises.append(z3.AtMost(*bits, 1))
            return Bits(bits, single=True)
        return Bits(bits)

    def _number(self, name: str, symbol: Symbol) -> tuple[Real, Real]:
        low_end, high_end = self.span(symbol)
        low = z3.ToReal(z3.Int(name)) if symbol.integer else z3.Real(name)
        if symbol.kind != "date" and not self._is_open(symbol):
            self.premises += [low >= low_end, low <= high_end]
            return Real(low), Real(low)
        if self.known:  # known, or nothing is
            never = z3.Bool(f"{name}_never")
            self.premises += [low >= low_end, low <= high_end]
            return Real(z3.If(never, z3.RealVal(-BIG), low)), Real(
                z3.If(never, z3.RealVal(BIG), low)
            )
        high = z3.ToReal(z3.Int(f"{name}_most")) if symbol.integer else z3.Real(f"{name}_most")
        self.premises += [
            low <= high,
            low >= -BIG,
            high <= BIG,
            low <= high_end,
            high >= low_end,
        ]
        return Real(low), Real(high)

    def span(self, symbol: Symbol) -> tuple[Term, Term]:
        """Give between which values a number or date lies."""
        if symbol.kind == "date":
            return z3.RealVal(INDEX - LONG), z3.RealVal(INDEX + SOON)
        variable = self.trees.pack.variables.get(symbol.name)
        low, high = (variable.plausible if variable else None) or (None, None)
        if low is None and variable is not None:
            low = variable.minimum
        return tuple(
            z3.RealVal(str(-(10**6) * side if end is None else end))
            for end, side in ((low, 1), (high, -1))
        )

    # what is known to hold together

    def _together(self) -> None:
        variables = self.trees.pack.variables
        by_report: dict[tuple[str, ...], dict[str, str]] = {}
        for name in self.program.inputs:
            variable = variables.get(name)
            if variable is None:
                continue
            if variable.with_ is not None:
                by_report.setdefault(variable.with_.of, {})[variable.with_.take] = name
            if variable.rolls_up in self.program.inputs and self.known:
                self._roll_up(name, variable.rolls_up or "")
        for limits in by_report.values():
            if "lower_limit" in limits and "upper_limit" in limits:
                low, high = (
                    self.facts[limits[k], None].value for k in ("lower_limit", "upper_limit")
                )
                self.premises.append((low[0] <= high[0]).truth)

    def _roll_up(self, name: str, below: str) -> None:
        """A lesion that is confirmed confirms the metastasis, unless it was denied since."""
        mine = self.trees.symbols[name].levels
        own = self.facts[name, None].value
        levels = self.trees.symbols[below].levels
        for level, also in (("confirmed", ("absent",)), ("suspected", ("confirmed", "absent"))):
            if level in mine and level in levels:
                k = levels.index(level)
                found = [
                    every([t, self.facts[below, j].value.at(k)]) for j, t in enumerate(self.there)
                ]
                left = [own.at(mine.index(x)) for x in (level, *also) if x in mine]
                self.premises.append(z3.Implies(lifted(some(found)), lifted(some(left))))

    def is_free(self, name: str) -> bool:
        """Say whether a variable's formula makes numbers that are free to the solver."""
        variable = self.trees.pack.variables.get(name)
        if variable is None or variable.formula is None:
            return False
        return any(map(is_free, walk(self.trees.of(variable)[("formula",)])))

    def plausible(self, registers: tuple[Any, ...]) -> list[Term]:
        """Give the premises of free numbers that have plausible limits: they lie in them."""
        found: list[Term] = []
        for entry in self.program.results:
            variable = self.trees.pack.variables.get(entry.key[-1])
            if entry.key[0] != "variable" or entry.form != "number" or variable is None:
                continue
            if variable.plausible is None or not self.is_free(variable.id):
                continue
            low, high = (z3.RealVal(str(x)) for x in variable.plausible)
            ends = registers[entry.at], registers[entry.at + 1]
            for a, b in [ends] if entry.entity == "patient" else zip(*ends, strict=True):
                found += [
                    (Real(Real.of(b)) >= Real(low)).truth,
                    (Real(Real.of(a)) <= Real(high)).truth,
                ]
        return found

    # running

    def read(self) -> Facts:
        """Give what the program reads."""
        return facts_of(
            self.program,
            range(self.lesions),
            lambda entry, j: self.facts[entry.name, j].value,
            lambda entry, j: self.facts[entry.name, j].state,
        )

    def patient(self, model: Any) -> Known:
        """Give the patient of a model, in the values that the program runs on."""

        def truth(term: Term) -> bool:
            return term if isinstance(term, bool) else z3.is_true(model.eval(term, True))

        def mask(bits: Bits) -> int:
            if bits.single:  # what none of the others is, the first is
                last = range(len(bits.bits) - 1, 0, -1)
                return 1 << next((k for k in last if truth(bits.bits[k])), 0)
            return sum(1 << k for k, bit in enumerate(bits.bits) if truth(bit))

        members = [j for j, t in enumerate(self.there) if truth(t)]
        values: dict[Place, Any] = {}
        states: dict[Place, int] = {}
        for (name, j), fact in self.facts.items():
            if j is not None and j not in members:
                continue
            place = name, None if j is None else members.index(j)
            values[place] = (
                mask(fact.value)
                if isinstance(fact.value, Bits)
                else tuple(value_of(model, end.term) for end in fact.value)
            )
            if fact.state is not None:
                states[place] = mask(fact.state)
        return Known(self.program, self.trees, len(members), values, states)

    def moved(self, model: Any) -> Iterator[Term]:
        """Give what makes a patient another one than a model's: a number that is really another.

        A model's number may be told from an edge in exact numbers, and not in those of a computer.
        """
        for fact in self.facts.values():
            if not isinstance(fact.value, Bits):
                step = DAY if fact.entry.kind == "date" else STEP
                for end in fact.value:
                    value = exact(value_of(model, end.term))
                    yield z3.Or(end.term > value + step, end.term < value - step)

    def written(self) -> Iterator[Term]:
        """Give what holds of numbers that somebody wrote down: they have no more than few decimals.

        A solver likes to stand nearer to an edge than the numbers of a computer can tell.
        """
        for fact in self.facts.values():
            if not isinstance(fact.value, Bits) and fact.entry.kind != "date":
                for end in fact.value:
                    yield z3.IsInt(end.term / STEP)


def facts_of(
    program: Program,
    lesions: Iterable[int],
    value: Callable[[Input, int | None], Any],
    state: Callable[[Input, int | None], Any],
) -> Facts:
    """Lay out facts as a program reads them."""
    facts, members = Facts(index=float(INDEX)), list(lesions)
    by_slot = sorted(program.inputs.values(), key=lambda e: e.slot)
    for entry in by_slot:
        masks = entry.kind in ("boolean", "level")
        if entry.entity == "patient":
            found = value(entry, None)
            if masks:
                facts.masks.append(found)
            else:
                facts.lows.append(found[0])
                facts.highs.append(found[1])
            continue
        column = [value(entry, j) for j in members]
        if masks:
            facts.lesion_masks.append(column)
        else:
            facts.lesion_lows.append([x[0] for x in column])
            facts.lesion_highs.append([x[1] for x in column])
    with_state = (e for e in program.inputs.values() if e.state is not None)
    for entry in sorted(with_state, key=lambda e: e.state or 0):
        if entry.entity == "patient":
            facts.states.append(state(entry, None))
        else:
            facts.lesion_states.append([state(entry, j) for j in members])
    return facts


@dataclass(slots=True)
class Known:
    """A patient in the values that the program runs on."""

    program: Program
    trees: Trees
    lesions: int
    values: dict[Place, Any]
    states: dict[Place, int]

    def registers(self, run: Callable[[Any, Facts], tuple[Any, ...]]) -> tuple[Any, ...]:
        """Run the program on this patient, whose list of lesions is closed."""
        facts = facts_of(
            self.program,
            range(self.lesions),
            lambda entry, j: self.values[entry.name, j],
            lambda entry, j: self.states[entry.name, j],
        )
        return run(Scalars(self.lesions, open_list=False), facts)

    def everything(self, place: Place) -> Any:
        """Give the set of a fact of which nothing is known."""
        symbol = self.trees.symbols[place[0]]
        if symbol.kind in ("number", "date"):
            return -INF, INF
        return FALSE | TRUE if symbol.kind == "boolean" else (1 << len(symbol.levels)) - 1

    def told(self) -> tuple[str, ...]:
        """Tell what is known of the patient, a fact each, as a case file writes it."""
        found: list[str] = []
        for place in sorted(self.values, key=lambda p: (p[1] is not None, p[1] or 0, p[0])):
            name, j = place
            value = self.values[place]
            if value == self.everything(place) and self.states.get(place, SURE) != SURE:
                continue  # computed
            if value == self.everything(place) and place not in self.states:
                continue
            where = "" if j is None else f"lesion {j + 1}: "
            found.append(f"{where}{name}: {self._text(name, value)}")
        if self.lesions:
            found.append(f"lesions: {self.lesions}")
        return tuple(found)

    def _text(self, name: str, value: Any) -> str:
        symbol = self.trees.symbols[name]
        if symbol.kind == "boolean":
            return {FALSE: "no", TRUE: "yes"}.get(value, "unknown")
        if symbol.kind == "level":
            left = [x for k, x in enumerate(symbol.levels) if value >> k & 1]
            return left[0] if len(left) == 1 else f"[{', '.join(left)}]"
        low, high = value
        unit = f" {symbol.unit}" if symbol.unit and symbol.unit != "1" else ""
        if symbol.kind == "date":
            if low == -INF and high == INF:
                return "unknown"
            hours = (INDEX - low) / 3600
            return f"{hours:.1f} hours before the index moment"
        if low == high:
            return f"{low!r}{unit}"
        return f"[{low!r}, {high!r}]{unit}"


@dataclass(frozen=True, slots=True)
class Results:
    """What a program gave, for a patient of terms or a real one: by key.

    Of what belongs to lesions, that of the first.
    """

    places: Mapping[tuple[str, ...], Output]
    registers: tuple[Any, ...]
    entries: Mapping[str, Input]
    state: Callable[[Place], Any]
    """Gives the recorded state of a fact that is also computed."""
    fact: Callable[[Place], Any]
    """Gives what the program read of a fact: a mask, or the two ends of a number."""
    lesions: int = 0

    def __call__(self, *key: str) -> Any:
        """Give the register of a result: its code or mask, or the low end of a number."""
        return self._first(self.places[key], 0)

    def high(self, *key: str) -> Any:
        """Give the high end of a number."""
        return self._first(self.places[key], 1)

    def each(self, name: str) -> list[Any]:
        """Give what is read of a variable, or worked out: the patient's, or that of each lesion."""
        if (entry := self.places.get(("variable", name))) is not None:
            ends = [self.registers[entry.at + k] for k in range(1 + (entry.form == "number"))]
            found = [tuple(ends)] if entry.entity == "patient" else list(zip(*ends, strict=True))
            return found if entry.form == "number" else [x for (x,) in found]
        one = self.entries[name].entity == "patient"
        return [self.fact((name, j)) for j in ([None] if one else range(self.lesions))]

    def at_level(self, name: str, index: int) -> list[Any]:
        """Give whether a variable is settled at a level (*no* is 0, *yes* 1), as `each` does."""
        entry = self.places.get(("variable", name))
        worked_out = entry is not None and entry.form == "truth"
        code = (NO, YES)[index] if worked_out else 1 << index
        return [value == code for value in self.each(name)]

    def alike_elsewhere(self, other: Results, names: frozenset[str]) -> Any:
        """Give whether the facts of these names are the same at every lesion but the first."""
        found: Any = True
        for name in sorted(names & self.entries.keys()):
            for j in range(1, self.lesions if self.entries[name].entity == "lesion" else 1):
                a, b = self.fact((name, j)), other.fact((name, j))
                number = self.entries[name].kind in ("number", "date")
                pairs: list[tuple[Any, Any]] = [(a[0], b[0]), (a[1], b[1])] if number else [(a, b)]
                if self.entries[name].state is not None:
                    pairs.append((self.state((name, j)), other.state((name, j))))
                for x, y in pairs:
                    found = (x == y) & found
        return found

    def heard(self, name: str, entity: str) -> Any:
        """Give whether the record itself tells a variable, at the entity that it is asked for."""
        entry = self.entries.get(name)
        if entry is None or entry.state is None or entry.entity != entity:
            return NO
        state = self.state((name, None if entity == "patient" else 0))
        return ((state & SURE) != 0) * YES | ((state != NONE) * OPEN)

    def _first(self, entry: Output, more: int) -> Any:
        found = self.registers[entry.at + more]
        return found[0] if entry.entity == "lesion" else found

    def __contains__(self, key: tuple[str, ...]) -> bool:
        """Say whether the program gives a result."""
        return key in self.places
