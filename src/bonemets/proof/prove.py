"""Asks the solver what has to hold of a pack, and runs the program on whomever it names.

A solver's patient is believed only once the program gave the same on it. What the solver cannot
settle in its time, and whom the program does not confirm, is undecided.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise, product
from typing import Any, Final, Literal

from bonemets.expression import Compare, Node, Number, OverLesions
from bonemets.pack.load import Pack
from bonemets.pack.trees import Trees
from bonemets.program import Facts, Program, compile_pack, link
from bonemets.proof.claims import Claim, Matter, Property, matters, nodes_of
from bonemets.proof.solver import Term, every, lifted, some, z3
from bonemets.proof.symbols import MEAN, Bits
from bonemets.proof.world import Known, Place, Results, World
from bonemets.values import NONE

Verdict = Literal["holds", "broken", "undecided"]
SECONDS: Final = 60
"""How long the solver may think about one question."""
STEPS: Final = (2, 4, 8)
"""With so many lesions one looks first: few are quicker."""
MOST_LESIONS: Final = 24
"""With more than these nobody is looked at."""
TRIES: Final = 12
"""How often a patient is asked for: each that the program does not confirm teaches the solver."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a claim.

    `patients`: of a broken one whoever breaks it, as a case file tells it; two where the claim
    compares two. `why`: of an undecided one what stands in the way.
    """

    of: Property
    name: str
    verdict: Verdict
    patients: tuple[tuple[str, ...], ...] = ()
    why: str = ""

    @property
    def key(self) -> str:
        """Give the name with the property."""
        return f"{self.of}: {self.name}"


def prove(
    pack: Pack,
    *,
    items: frozenset[str] | None = None,
    properties: frozenset[str] | None = None,
    seconds: float = SECONDS,
) -> Iterator[Answer]:
    """Prove what has to hold of a checked pack, claim by claim.

    Args:
        pack: checked.
        items: only claims that are about these (None: all).
        properties: only these (None: all).
        seconds: how long the solver may think about one question.
    """
    trees = Trees(pack)
    for matter in matters(trees):
        if items is not None and items.isdisjoint(matter.only):
            continue
        claims = [c for c in matter.claims if properties is None or c.of in properties]
        if claims:
            yield from Proof(trees, matter, seconds).answers(claims)


@dataclass(slots=True)
class _Setting:
    """One way of asking: patients with so many lesions, and the solver that knows of them."""

    worlds: tuple[World, ...]
    results: tuple[Results, ...]
    solver: Any
    further: tuple[Term, ...]
    """What is asked for besides, in turn: first that the record tells what else were a free number;
    then nothing; at last that free numbers are what the solver itself makes of them."""
    possible_so_far: bool = False

    def possible(self) -> bool:
        """Say whether there are such patients at all: of nobody everything could be proven."""
        self.possible_so_far = self.possible_so_far or self.solver.check() == z3.sat
        return self.possible_so_far


@dataclass(slots=True)
class Proof:
    """The proof of the claims of one matter."""

    trees: Trees
    matter: Matter
    seconds: float
    program: Program = field(init=False)
    run: Callable[[Any, Facts], tuple[Any, ...]] = field(init=False)
    places: dict[tuple[str, ...], Any] = field(init=False)
    settings: dict[int | None, _Setting] = field(default_factory=dict[int | None, _Setting])
    bound: int = 0
    """With so many lesions whatever can happen does."""
    over: bool = False
    """Whether anything hangs on lesions other than the patient's first."""
    ran_before: list[tuple[Results, ...]] = field(default_factory=list[tuple[Results, ...]])
    """What the program gave of the patients found so far."""

    def __post_init__(self) -> None:
        """Compile what the claims need."""
        matter = self.matter
        self.program = compile_pack(
            self.trees.pack, only=matter.only, trees=self.trees, asked=matter.asked
        )
        self.run, self.places = link(self.program.source), self.program.by_key()
        nodes = nodes_of(self.trees, matter)
        self.over = any(isinstance(node, OverLesions) for node in nodes)
        patients = 2 if matter.varied else 1  # what one shows by one lesion, the other by another
        self.bound = (matter.entity == "lesion") + patients * witnesses(nodes)

    def answers(self, claims: list[Claim]) -> Iterator[Answer]:
        """Answer claim by claim."""
        for claim in claims:
            yield self.somebody(claim) if claim.wanted else self.nobody(claim)

    # how it is asked

    def setting(self, lesions: int | None) -> _Setting:
        """Give the way of asking of patients with up to so many lesions.

        None: lesions may give anything.
        """
        if lesions not in self.settings:
            self.settings[lesions] = self._setting(lesions)
        return self.settings[lesions]

    def _setting(self, lesions: int | None) -> _Setting:
        matter, own = self.matter, self.matter.entity == "lesion"
        pair = int(bool(matter.varied))  # to compare two, one lesion stands for all

        def world(label: str, like: World | None) -> World:
            return World(
                self.program,
                self.trees,
                lesions=max(int(own), lesions) if lesions is not None else max(int(own), pair),
                known=matter.known,
                opened=matter.opened,
                first_is_there=own,
                loose=lesions is None,
                label=label,
                like=like,
                varied=matter.varied if like is not None else frozenset(),
            )

        first = world("", None)
        worlds = (first, world("other_", first)) if matter.varied else (first,)
        solver = z3.Solver()
        solver.set("timeout", int(self.seconds * 1000))
        results: list[Results] = []
        firm: list[Term] = []
        for w in worlds:
            registers = self.run(w.symbols, w.read())
            results.append(
                Results(
                    self.places,
                    registers,
                    self.program.inputs,
                    lambda place, w=w: w.facts[place].state,
                    lambda place, w=w: w.facts[place].value,
                    w.lesions,
                )
            )
            for premise in (*w.premises, *w.symbols.premises, *w.plausible(registers)):
                solver.add(lifted(premise))
            for (name, _), fact in w.facts.items():
                if fact.state is not None and w.is_free(name):
                    firm.append(fact.state.at(1))
        for one, other in pairwise(worlds):  # what is larger is not rounded to less
            pairs = zip(one.symbols.rounded, other.symbols.rounded, strict=True)
            for (a, kept_a), (b, kept_b) in pairs:
                solver.add(z3.Implies(a <= b, kept_a <= kept_b))
                solver.add(z3.Implies(b <= a, kept_b <= kept_a))
            for a, b in product(one.symbols.calls, other.symbols.calls):
                solver.add(a.alike(b))
        calls = [call for w in worlds for call in w.symbols.calls]
        dated = [call.equation() for call in calls if call.name in MEAN]
        equations = [call.equation() for call in calls]
        told = every([*firm, *dated])
        asked = [told, True, *([every(equations)] if equations else [])]
        return _Setting(worlds, tuple(results), solver, tuple(asked[told is True :]))

    def asked(self, setting: _Setting, claim: Claim) -> Term:
        """Give the term of what a claim looks for."""
        return Bits.of(claim.found(*setting.results)).truth

    # answers

    def nobody(self, claim: Claim) -> Answer:
        """Look for somebody who breaks a claim."""
        exact = None if self.over else 0
        setting = self.setting(exact)
        verdict, found = self.search(setting, claim)
        if verdict == "none":
            if not setting.possible():
                return Answer(claim.of, claim.name, "undecided", why=REASONS["empty"])
            return Answer(claim.of, claim.name, "holds")
        if self.over:
            verdict, found = self.among_lesions(claim)
            if verdict == "none" and self.bound <= MOST_LESIONS:
                return Answer(claim.of, claim.name, "holds")
            if verdict == "none":
                why = f"nobody with up to {MOST_LESIONS} lesions; more were not looked at"
                return Answer(claim.of, claim.name, "undecided", why=why)
        if verdict == "found":
            return Answer(claim.of, claim.name, "broken", self.told(found, claim))
        return Answer(claim.of, claim.name, "undecided", why=REASONS[verdict])

    def among_lesions(self, claim: Claim) -> tuple[str, tuple[Known, ...]]:
        """Look for somebody who breaks a claim, with as few lesions as show it.

        Where nobody with the most does, nobody with fewer does: between is looked only if somebody
        may.
        """
        fewest, *more = self.sizes()
        verdict = self.search(self.setting(fewest), claim)
        if verdict[0] != "none" or not more:
            return verdict
        *between, most = more
        last = self.search(self.setting(most), claim)
        for lesions in between if last[0] != "none" else ():
            verdict = self.search(self.setting(lesions), claim)
            if verdict[0] != "none":
                return verdict
        return last

    def somebody(self, claim: Claim) -> Answer:
        """Look for somebody of whom a claim holds: first among those met already."""
        if any(claim.found(*results) for results in self.ran_before):
            return Answer(claim.of, claim.name, "holds")
        verdict = "none"
        for lesions in self.sizes() if self.over else (0,):
            verdict, _ = self.search(self.setting(lesions), claim)
            if verdict != "none":
                break
        if verdict == "found":
            return Answer(claim.of, claim.name, "holds")
        if verdict == "none":
            if not self.over or self.bound <= MOST_LESIONS:
                return Answer(claim.of, claim.name, "broken", why="nobody can be like this")
            if self.search(self.setting(None), claim)[0] == "none":
                return Answer(claim.of, claim.name, "broken", why="nobody can be like this")
            why = f"nobody with up to {MOST_LESIONS} lesions; more were not looked at"
            return Answer(claim.of, claim.name, "undecided", why=why)
        return Answer(claim.of, claim.name, "undecided", why=REASONS[verdict])

    def sizes(self) -> tuple[int, ...]:
        """Give with how many lesions to look."""
        last = min(max(self.bound, STEPS[0]), MOST_LESIONS)
        return (*(n for n in STEPS if n < last), last)

    def search(self, setting: _Setting, claim: Claim) -> tuple[str, tuple[Known, ...]]:
        """Look for patients of whom a claim's question is true, on whom the program says so too.

        `found` them, `none` can be, `unconfirmed` by the program, or no answer in `time`.
        """
        wanted = self.asked(setting, claim)
        if wanted is False:
            return "none", ()
        unsettled: tuple[str, tuple[Known, ...]] = "time", ()
        for further in sorted(setting.further, key=lambda f: not claim.wanted and f is not True):
            setting.solver.push()
            try:
                setting.solver.add(lifted(wanted), lifted(further))
                verdict = self.tries(setting, claim)
            finally:
                setting.solver.pop()
            if verdict[0] == "found" or (further is True and verdict[0] == "none"):
                return verdict
            if further is True:
                unsettled = verdict
        return unsettled

    def tries(self, setting: _Setting, claim: Claim) -> tuple[str, tuple[Known, ...]]:
        """Ask for a patient; for another one where the program does not confirm it."""
        solver = setting.solver
        for n in range(TRIES):
            answer = solver.check()
            if answer == z3.unsat:
                return ("unconfirmed" if n else "none"), ()
            if answer != z3.sat:
                return "time", ()
            if setting.worlds[0].loose:
                return "unconfirmed", ()
            model = solver.model()
            patients = tuple(w.patient(model) for w in setting.worlds)
            results = self.ran(patients)
            if claim.found(*results):
                self.ran_before.append(results)
                return "found", patients
            for w in setting.worlds:
                for call in w.symbols.calls:
                    solver.add(*call.learnt(model))
            solver.add(lifted(some(moved for w in setting.worlds for moved in w.moved(model))))
            if n == 0:
                solver.add(*[term for w in setting.worlds for term in w.written()])
        return "unconfirmed", ()

    def confirmed(self, patients: tuple[Known, ...], claim: Claim) -> bool:
        """Say whether the program finds of real patients what the solver found."""
        return bool(claim.found(*self.ran(patients)))

    def ran(self, patients: tuple[Known, ...]) -> tuple[Results, ...]:
        """Run the program on real patients."""
        return tuple(
            Results(
                self.places,
                p.registers(self.run),
                self.program.inputs,
                lambda place, p=p: p.states[place],
                lambda place, p=p: p.values[place],
                p.lesions,
            )
            for p in patients
        )

    # telling

    def told(self, patients: tuple[Known, ...], claim: Claim) -> tuple[tuple[str, ...], ...]:
        """Tell patients, without anything that does not matter: the program decides what does."""
        places: list[Place] = list(patients[0].values)
        for place in places:
            before = [(p.values[place], p.states.get(place)) for p in patients]
            for p in patients:
                p.values[place] = p.everything(place)
                if place in p.states:
                    p.states[place] = NONE
            if self.confirmed(patients, claim):
                continue
            for p, (value, state) in zip(patients, before, strict=True):
                p.values[place] = value
                if state is not None:
                    p.states[place] = state
        return tuple(p.told() for p in patients)


REASONS: Final = {
    "empty": "the solver does not know whether there are such patients at all",
    "time": "the solver did not answer in its time",
    "unconfirmed": "the program does not confirm the patient that the solver names",
}


def witnesses(nodes: list[Node]) -> int:
    """Give with how many lesions operations over them can give all that they can give together.

    What holds of any lesion, or not of all, needs one that shows it; a count one more than what it
    is compared with. Whatever holds of all lesions holds of those few too.
    """
    most = 0
    for node in nodes:
        match node:
            case Compare(a=OverLesions(function="count_lesions"), b=Number(value=value)):
                most += int(value) + 1
            case Compare(a=Number(value=value), b=OverLesions(function="count_lesions")):
                most += int(value) + 1
            case OverLesions(function="any_lesion" | "all_lesions"):
                most += 1
            case OverLesions(function="max_lesion" | "min_lesion" | "sum_lesions"):
                most += MOST_LESIONS
            case _:
                pass
    return most
