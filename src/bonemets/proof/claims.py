"""What has to hold of every pack, as questions on what its program gives.

A question is a function of results. It uses `&`, `|` and comparisons alone, so that the same
function asks the solver of all patients and the program of one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import combinations, permutations, product
from typing import Any, Final, Literal

from bonemets.expression import (
    BOOLEAN,
    URGENCIES,
    Compare,
    Known,
    Name,
    Node,
    Not,
    OneOf,
    Type,
    walk,
)
from bonemets.pack.items import (
    STATUSES,
    Alert,
    Finder,
    Interaction,
    Option,
    Score,
    Variable,
    asked_for,
)
from bonemets.pack.load import Pack
from bonemets.pack.order import behind
from bonemets.pack.trees import Reading, Trees, expressions, sections
from bonemets.pack.trust import licensed, unlicensed
from bonemets.proof.branches import branches, ways
from bonemets.values import NO, OPEN, YES

Property = Literal[
    "tiles", "points", "alive", "status", "suitable", "advised", "together", "monotone"
]
ABOUT: Final[dict[Property, str]] = {
    "tiles": "bands, dose rows and tables hold every value exactly once",
    "points": "the points of a score tell no worse answer as the better one",
    "alive": "every clause can hold for somebody",
    "status": "the status of an option is the one of the table, whatever its clauses give",
    "suitable": "nobody gets `suitable` or `caution` while a stop may hold",
    "advised": "no alert asks for what is stopped or waits for the same patient",
    "together": "options that are forbidden together are not both suitable",
    "monotone": "a worse value never lowers a band or an urgency",
}
"""What is proven, in the order of telling."""

NOT_IN_SCOPE, NOT_INDICATED, CONTRAINDICATED, CAUTION, SUITABLE = (
    1 << k for k in range(len(STATUSES))
)


@dataclass(frozen=True, slots=True)
class Claim:
    """One thing to prove: that nobody, or that somebody, is as `found` says."""

    of: Property
    name: str
    """What it is called in lists; the same as long as the item says the same."""
    found: Callable[..., Any]
    wanted: bool = False
    """Whether somebody has to be found; else nobody may be."""

    @property
    def key(self) -> str:
        """Give the name with the property."""
        return f"{self.of}: {self.name}"


@dataclass(slots=True)
class Matter:
    """What claims are about: the items that are compiled for them, and which patients."""

    only: frozenset[str]
    entity: str
    claims: list[Claim] = field(default_factory=list[Claim])
    asked: dict[str, Node] = field(default_factory=dict[str, Node])
    known: bool = True
    """Whether everything is known of the patients; else they are any sets."""
    opened: frozenset[str] = frozenset()
    varied: frozenset[str] = frozenset()
    """In what a second patient differs, of whom the claims speak too."""

    def ask(self, name: str, tree: Node) -> tuple[str, str]:
        """Ask for the truth of a condition; gives its key among the results."""
        self.asked[name] = tree
        return "asked", name


def matters(trees: Trees) -> Iterator[Matter]:
    """Give everything that has to hold of a pack."""
    makers = (_Tiles, _Points, _Alive, _Options, _Advised, _Together, _Monotone)
    for maker in makers:
        for matter in maker(trees).all():
            if matter.claims:
                matter.opened |= _asked_whether_known(trees, matter)
                yield matter


def _asked_whether_known(trees: Trees, matter: Matter) -> frozenset[str]:
    """Give what a condition asks the knowing of: for that, patients of whom it is not known."""
    named = {
        n.name
        for identity in matter.only
        if identity in trees.items
        for tree in trees.of(trees.items[identity]).values()
        for n in walk(tree)
        if isinstance(n, Known)
    }
    named |= {n.name for tree in matter.asked.values() for n in walk(tree) if isinstance(n, Known)}
    return frozenset(named.union(*(behind(trees, n) for n in named)))


def several(mask: Any, bits: int) -> Any:
    """Say whether more than one bit of a mask is set."""
    found: Any = False
    for i, j in combinations(range(bits), 2):
        found |= (mask & (1 << i | 1 << j)) == (1 << i | 1 << j)
    return found


@dataclass(slots=True)
class _Maker:
    trees: Trees

    @property
    def pack(self) -> Pack:
        return self.trees.pack

    def name_of(self, variable: str) -> Name:
        """Give the node of a variable."""
        symbol = self.trees.symbols[variable]
        domain = symbol.levels if symbol.kind == "level" else ()
        return Name(type=Type(symbol.kind, None, domain), entity=symbol.entity, name=symbol.name)

    def told(self, name: str) -> frozenset[str]:
        """Give what tells a value of its own: the variable, or what it is computed from."""
        variable = self.pack.variables.get(name)
        if variable is not None and asked_for(variable):
            return frozenset({name})
        return frozenset({name, *behind(self.trees, name)})

    def scope(self, matter: Matter) -> tuple[str, str] | None:
        """Ask for the scope gate, where the pack has one."""
        if self.pack.scope is None:
            return None
        return matter.ask("scope", self.trees.of(self.pack.scope)[("cancer",)])


# --- bands, rows and tables hold every value once -------------------------------------------------


class _Tiles(_Maker):
    def all(self) -> Iterator[Matter]:
        for score in self.pack.scores.values():
            yield self.score(score)
        for option in self.pack.options.values():
            if option.dose is not None and option.dose.by is not None:
                yield self.dose(option, option.dose.by, len(option.dose.rows))
        for variable in self.pack.variables.values():
            if variable.table_of is not None:
                yield self.table(variable)

    def score(self, s: Score) -> Matter:
        total, band, bands = ("score", s.id, "total"), ("score", s.id, "band"), len(s.any_bands())
        matter = Matter(frozenset({s.id}), s.entity)
        points = [[p for p in t.values() if isinstance(p, int)] for t in s.components.values()]

        def unscored(r: Any) -> Any:
            return r(*total) < float(sum(map(min, points)))

        def settled(r: Any) -> Any:
            return r(*total) == r.high(*total)

        if points:
            claim = Claim("tiles", f"{s.id}: every level has points", unscored)
            matter.claims.append(claim)

        def gap(r: Any) -> Any:
            return settled(r) & (r(*band) == 0)

        def overlap(r: Any) -> Any:
            return settled(r) & several(r(*band), bands)

        if bands:
            matter.claims += [
                Claim("tiles", f"{s.id}: bands leave no gap", gap),
                Claim("tiles", f"{s.id}: bands do not overlap", overlap),
            ]
        return matter

    def dose(self, option: Option, by: str, rows: int) -> Matter:
        dose, status = ("dose", option.id), ("option", option.id)
        matter = Matter(frozenset({option.id}), option.entity)
        number = self.name_of(by)
        one = Compare(type=BOOLEAN, entity=number.entity, op="==", a=number, b=number)
        settled = matter.ask("the number is settled", one)

        def gap(r: Any) -> Any:
            return (r(*dose) == 0) & ((r(*status) & (SUITABLE | CAUTION)) != 0)

        def overlap(r: Any) -> Any:
            return (r(*settled) == YES) & several(r(*dose), rows)

        matter.claims += [
            Claim("tiles", f"{option.id}: dose rows leave no gap", gap),
            Claim("tiles", f"{option.id}: dose rows do not overlap", overlap),
        ]
        return matter

    def table(self, v: Variable) -> Matter:
        matter = Matter(frozenset({v.id}), v.entity)
        symbol, name = self.trees.symbols[v.table_of or ""], self.name_of(v.table_of or "")
        keys: list[tuple[str, str]] = []
        for level, values in v.table.items():
            if symbol.kind == "boolean":
                for value in values:
                    tree = name if value == "yes" else Not(type=BOOLEAN, entity=name.entity, a=name)
                    keys.append(matter.ask(f"{level}_{value}", tree))
            elif values:
                tree = OneOf(type=BOOLEAN, entity=name.entity, a=name, levels=values)
                keys.append(matter.ask(level, tree))

        def none(r: Any) -> Any:
            found: Any = True
            for key in keys:
                found = found & (r(*key) == NO)
            return found

        def two(r: Any) -> Any:
            found: Any = False
            for a, b in combinations(keys, 2):
                found = found | ((r(*a) == YES) & (r(*b) == YES))
            return found

        matter.claims += [
            Claim("tiles", f"{v.id}: the table leaves no gap", none),
            Claim("tiles", f"{v.id}: rows of the table do not overlap", two),
        ]
        return matter


# --- the points of a score follow the order of its levels -----------------------------------------


class _Points(_Maker):
    """The points follow what the variable says of which way is worse.

    That is said apart from the table: one that stands upside down would else be its own measure.
    """

    def all(self) -> Iterator[Matter]:
        for score in self.pack.scores.values():
            for name in score.components if score.higher_is is not None else ():
                variable = self.pack.variables[name]
                if variable.higher_is is not None:
                    yield self.component(score, variable)

    def component(self, score: Score, variable: Variable) -> Matter:
        """Claim it of one component, of the levels that the print scores."""
        levels = variable.levels if variable.type == "level" else ("no", "yes")
        points = [score.components[variable.id].get(level) for level in levels]
        worse_score, worse_level = score.higher_is == "worse", variable.higher_is == "worse"
        fallen = [
            (mild, grave)
            for mild, grave in permutations(range(len(levels)), 2)
            if (mild < grave) == worse_level
            and isinstance(a := points[mild], int)
            and isinstance(b := points[grave], int)
            and a != b
            and (b < a) == worse_score
        ]
        matter = Matter(frozenset({score.id}), score.entity, varied=self.told(variable.id))

        def found(r: Any, s: Any) -> Any:
            somewhere: Any = False
            for mild, grave in fallen:
                pairs = zip(
                    r.at_level(variable.id, mild), s.at_level(variable.id, grave), strict=True
                )
                for a, b in pairs:
                    somewhere = somewhere | (a & b)
            return somewhere

        matter.claims.append(Claim("points", f"{score.id}: {variable.id}", found))
        return matter


# --- no clause is dead ----------------------------------------------------------------------------


class _Alive(_Maker):
    def all(self) -> Iterator[Matter]:
        for item in self.pack.items().values():
            matter = Matter(frozenset({item.id}), item.entity)
            match item:
                case Option():
                    self.option(matter, item)
                case Score():
                    self.score(matter, item)
                case _:
                    self.conditions(matter, item)
            yield matter

    def alive(
        self,
        matter: Matter,
        name: str,
        tree: Node,
        *held: Callable[[Any], Any],
        code: int = YES,
    ) -> None:
        """Claim that a condition can hold, together with others (`code`: OPEN: perhaps)."""
        names = {claim.name for claim in matter.claims}
        own, n = name, 1
        while own in names:
            own, n = f"{name} ({n + 1})", n + 1
        key = matter.ask(own, tree)

        def found(r: Any) -> Any:
            result = (r(*key) & code) == code
            for other in held:
                result = result & other(r)
            return result

        matter.claims.append(Claim("alive", own, found, wanted=True))

    def with_ways(
        self,
        matter: Matter,
        name: str,
        tree: Node,
        text: str,
        *held: Callable[[Any], Any],
        code: int = YES,
    ) -> None:
        """Claim that a condition can hold, and each alternative of it."""
        self.alive(matter, name, tree, *held, code=code)
        for label, way in ways(tree, text):
            self.alive(matter, f"{name}: `{label}`", way, *held, code=code)

    def gate(self, matter: Matter) -> tuple[Callable[[Any], Any], ...]:
        """Give that the patient is one that findings are for."""
        key = self.scope(matter)
        return () if key is None else (lambda r: r(*key) == YES,)

    def conditions(self, matter: Matter, item: Finder) -> None:
        trees = self.trees.of(item)
        held: list[Callable[[Any], Any]] = []
        if not isinstance(item, Variable):
            open_to_all = isinstance(item, Alert) and item.without_known_cancer
            held += () if open_to_all else self.gate(matter)
        for expression in expressions(item):
            where = ".".join(map(str, expression.path))
            name = f"{item.id}: {where}"
            tree = trees[expression.path]
            if isinstance(item, Variable):
                if expression.want == "boolean":
                    self.with_ways(matter, name, tree, expression.text, code=OPEN)
                for label, way in branches(tree, expression.text):
                    self.alive(matter, f"{name}: `{label}`", way, code=OPEN)
                continue
            self.with_ways(matter, name, tree, expression.text, *held)
            if expression.path == ("when",):
                key = matter.ask("when", tree)
                held.append(lambda r, key=key: r(*key) == YES)
        if isinstance(item, Alert):
            self.actions(matter, item, held)

    def actions(self, matter: Matter, alert: Alert, held: list[Callable[[Any], Any]]) -> None:
        """Claim that each thing to do is asked for of somebody."""
        for n, action in enumerate(alert.actions):
            if action.unless is None or action.only_if is None:
                continue

            def found(r: Any, n: int = n) -> Any:
                result = (r("action", alert.id, str(n), "unless") != YES) & (
                    r("action", alert.id, str(n), "only_if") == YES
                )
                for other in held:
                    result = result & other(r)
                return result

            name = f"{alert.id}: actions.{n}: {action.do} is asked for"
            matter.claims.append(Claim("alive", name, found, wanted=True))

    def score(self, matter: Matter, s: Score) -> None:
        trees = self.trees.of(s)
        applies: tuple[Callable[[Any], Any], ...] = self.gate(matter)
        if s.applies is not None:
            self.with_ways(matter, f"{s.id}: applies", trees[("applies",)], s.applies, *applies)
            applies = (*applies, lambda r: r("score", s.id, "applies") == YES)
        for n, band in enumerate(s.any_bands()):

            def found(r: Any, n: int = n) -> Any:
                result = r("score", s.id, "band") == 1 << n
                for other in applies:
                    result = result & other(r)
                return result

            matter.claims.append(Claim("alive", f"{s.id}: bands.{band}", found, wanted=True))

    def option(self, matter: Matter, option: Option) -> None:
        gate, indicated = self.gate(matter), list[tuple[str, str]]()
        trees = self.trees.of(option)
        for n in range(len(option.indicated)):
            key = matter.ask(f"indicated.{n}", trees["indicated", n, "when"])
            indicated.append(key)

        def meant(r: Any) -> Any:
            result: Any = False
            for key in indicated:
                result = result | (r(*key) == YES)
            return result

        for section, clauses in sections(option):
            held = (*gate, meant) if section == "caution" else gate  # stops are always shown
            for n, clause in enumerate(clauses):
                tree = trees[section, n, "when"]
                self.with_ways(matter, f"{option.id}: {section}.{n}.when", tree, clause.when, *held)
            for reading in self.trees.read_by(option)[section]:
                if reading.interaction is not None:
                    name = f"{option.id}: {section} by {reading.interaction}"
                    self.alive(matter, name, reading.tree, *held)
        if option.dose is not None and option.dose.by is not None:
            for n, row in enumerate(option.dose.rows):

                def given(r: Any, n: int = n) -> Any:
                    left = (r("option", option.id) & (SUITABLE | CAUTION)) != 0
                    return left & (r("dose", option.id) == 1 << n)

                name = f"{option.id}: dose.rows.{n}: {row.give}"
                matter.claims.append(Claim("alive", name, given, wanted=True))


# --- the status of an option ----------------------------------------------------------------------


def table_of_statuses() -> dict[tuple[int, ...], int]:
    """Give the statuses left for each combination of scope, indication, stop and caution.

    Written from the design, one patient at a time: whoever is out of scope is that; else whoever
    has no indication; else whoever has a stop; else whoever has a caution; else it is suitable. The
    statuses left are those of everybody whom the sets still allow.
    """
    truths = {NO: (False,), OPEN: (False, True), YES: (True,)}
    found: dict[tuple[int, ...], int] = {}
    for codes in product(truths, repeat=4):
        mask = 0
        for scope, indicated, stop, caution in product(*(truths[c] for c in codes)):
            if not scope:
                status = "not_in_scope"
            elif not indicated:
                status = "not_indicated"
            elif stop:
                status = "contraindicated"
            elif caution:
                status = "caution"
            else:
                status = "suitable"
            mask |= 1 << STATUSES.index(status)
        found[codes] = mask
    return found


class _Options(_Maker):
    """The status of each option, for patients of whom anything may be known or not."""

    def all(self) -> Iterator[Matter]:
        for option in self.pack.options.values():
            yield self.option(option)

    def option(self, option: Option) -> Matter:
        matter = Matter(frozenset({option.id}), option.entity, known=False)
        gate = self.scope(matter)
        keys: dict[str, list[tuple[tuple[str, str], tuple[str, ...] | None]]] = {}
        for section, readings in self.trees.read_by(option).items():
            keys[section] = [
                (matter.ask(f"{section}.{n}", reading.tree), self.doubt(option, section, reading))
                for n, reading in enumerate(readings)
            ]

        def section_of(r: Any, section: str) -> Any:
            """Give any of a section's clauses; one that nobody read is never sure."""
            found: Any = NO
            for key, doubt in keys[section]:
                own = r(*key)
                if doubt is None:
                    own = own & OPEN
                for name in doubt or ():
                    own = own & (r.heard(name, option.entity) | OPEN)
                found = found | own
            return found

        def given(r: Any) -> Any:
            scope = YES if gate is None else r(*gate)
            names = ("indicated", "contraindicated", "caution")
            return scope, *(section_of(r, name) for name in names)

        def differs(r: Any) -> Any:
            codes, status = given(r), r("option", option.id)
            found: Any = False
            for combination, mask in table_of_statuses().items():
                here: Any = True
                for own, code in zip(codes, combination, strict=True):
                    here = here & (own == code)
                found = found | (here & (status != mask))
            return found

        def stopped(r: Any) -> Any:
            may: Any = False
            for key, _ in keys["contraindicated"]:
                may = may | ((r(*key) & OPEN) != 0)
            status = r("option", option.id)
            left = ((status & (SUITABLE | CAUTION)) != 0) & ((status & ~CONTRAINDICATED & 7) == 0)
            return may & left & ((status & CONTRAINDICATED) == 0)

        matter.claims += [
            Claim("status", f"{option.id}: as in the table", differs),
            Claim("suitable", f"{option.id}: never while a stop may hold", stopped),
        ]
        return matter

    def doubt(self, option: Option, section: str, reading: Reading) -> tuple[str, ...] | None:
        """Give on which unread formulas a clause rests; None where it is itself not read."""
        if section == "caution":
            return ()
        if not licensed(reading.clause.evidence, option.evidence):
            return None
        found = {
            name
            for n in walk(reading.tree)
            if isinstance(n, Name | Known)
            for name in unlicensed(self.trees, n.name)
        }
        return tuple(sorted(found))


# --- what contradicts each other ------------------------------------------------------------------


def held_back(trees: Trees, option: Option) -> list[tuple[str, Node]]:
    """Give what stops an option or makes it wait, with a name for each."""
    found = [
        (f"contraindicated.{n}", reading.tree)
        for n, reading in enumerate(trees.read_by(option)["contraindicated"])
    ]
    for other in trees.pack.interactions.values():
        if other.effect == "wait" and other.between[1] == option.id:
            found.append((other.id, trees.of(other)[("when",)]))
    return found


class _Advised(_Maker):
    def all(self) -> Iterator[Matter]:
        for alert in self.pack.alerts.values():
            for n, action in enumerate(alert.actions):
                named = self.pack.meant(action.do)
                if named and self.pack.despite(action) is None:
                    yield self.action(alert, n, [self.pack.options[name] for name in named])

    def action(self, alert: Alert, n: int, options: list[Option]) -> Matter:
        """Claim that one of the options that an action means is open to whom it is asked of."""
        entity = "lesion" if "lesion" in {alert.entity, *(o.entity for o in options)} else "patient"
        only = frozenset({alert.id, *(o.id for o in options)})
        matter = Matter(only, entity)
        keys = [
            [matter.ask(f"{o.id}: {name}", tree) for name, tree in held_back(self.trees, o)]
            for o in options
        ]
        action = alert.actions[n]

        def found(r: Any) -> Any:
            result = r("alert", alert.id) == YES
            if self.pack.scope is not None:
                result = result & (r("scope", "dead") != YES)
            if action.unless is not None:
                result = result & (r("action", alert.id, str(n), "unless") != YES)
            if action.only_if is not None:
                result = result & (r("action", alert.id, str(n), "only_if") == YES)
            for held in keys:
                stopped: Any = False
                for key in held:
                    stopped = stopped | (r(*key) == YES)
                result = result & stopped
            return result

        same = [m for m, other in enumerate(alert.actions) if other.do == action.do]
        which = f" ({same.index(n) + 1})" if len(same) > 1 else ""
        matter.claims.append(Claim("advised", f"{alert.id}: {action.do}{which}", found))
        return matter


class _Together(_Maker):
    def all(self) -> Iterator[Matter]:
        for interaction in self.pack.interactions.values():
            if interaction.effect != "stop":
                continue
            first, second = (self.options(side) for side in interaction.between)
            for a, b in sorted({tuple(sorted((a, b))) for a in first for b in second if a != b}):
                yield self.pair(interaction, a, b)

    def options(self, side: str) -> list[str]:
        """Give the options that a side of an interaction means: itself, or those that it runs."""
        if side in self.pack.options:
            return [side]
        if side not in self.trees.symbols:
            return list(self.pack.meant(side))
        behind_it = {side, *behind(self.trees, side)}
        return [o.id for o in self.pack.options.values() if behind_it & set(o.runs)]

    def pair(self, interaction: Interaction, a: str, b: str) -> Matter:
        entities = {interaction.entity, *(self.pack.options[x].entity for x in (a, b))}
        entity = "lesion" if "lesion" in entities else "patient"
        matter = Matter(frozenset({interaction.id, a, b}), entity)

        def found(r: Any) -> Any:
            both = (r("option", a) == SUITABLE) & (r("option", b) == SUITABLE)
            return both & (r("interaction", interaction.id) == YES)

        name = f"{interaction.id}: {a} and {b}"
        matter.claims.append(Claim("together", name, found))
        return matter


# --- worse is not less urgent ---------------------------------------------------------------------


class _Monotone(_Maker):
    def all(self) -> Iterator[Matter]:
        readers = self.readers()
        for score in self.pack.scores.values():
            if score.higher_is is None:
                continue
            names = score.components or dict.fromkeys(
                self.trees.names(self.trees.of(score)[("formula",)])
            )
            for name in names:
                yield self.part(score, name, readers[score.id])
            if not score.components and len(names) == 1:
                (name,) = names
                if alerts := self.hanging(name):
                    yield self.away(score, name, alerts)
        for variable in self.pack.variables.values():
            if variable.higher_is is not None and (alerts := self.hanging(variable.id)):
                yield self.value(variable, alerts)

    def hanging(self, name: str) -> list[Alert]:
        """Give the alerts that hang on a variable."""
        return [a for a in self.pack.alerts.values() if name in behind(self.trees, a.id)]

    def readers(self) -> dict[str, list[Alert]]:
        """Give for each score the alerts that hang on it."""
        found: dict[str, list[Alert]] = {s: [] for s in self.pack.scores}
        for alert in self.pack.alerts.values():
            for name in behind(self.trees, alert.id):
                if name in self.trees.givers:
                    found[self.trees.givers[name].id].append(alert)
        return {s: list({a.id: a for a in alerts}.values()) for s, alerts in found.items()}

    def part(self, score: Score, name: str, alerts: list[Alert]) -> Matter:
        """Claim it of what a score is made of, one part at a time."""
        only = frozenset({score.id, *(a.id for a in alerts)})
        entity = "lesion" if "lesion" in {score.entity, *(a.entity for a in alerts)} else "patient"
        matter = Matter(only, entity, varied=self.told(name))
        total, band = ("score", score.id, "total"), ("score", score.id, "band")
        worse = score.higher_is == "worse"

        def worsened(r: Any, s: Any) -> Any:
            """The second patient is worse by this score, and both are settled."""
            a, b = r(*total), s(*total)
            settled = (a == r.high(*total)) & (b == s.high(*total))
            found = settled & ((a < b) if worse else (b < a))
            found = found & r.alike_elsewhere(s, matter.varied)
            if score.applies is not None:
                key = ("score", score.id, "applies")
                found = found & (r(*key) == YES) & (s(*key) == YES)
            return found

        bands, less = len(score.any_bands()), self.less_urgent(matter, alerts)

        def lower_band(r: Any, s: Any) -> Any:
            found: Any = False
            for i, j in product(range(bands), repeat=2):
                if (i < j) == worse and i != j:
                    # the first patient's band is the worse one
                    found = found | ((r(*band) == 1 << j) & (s(*band) == 1 << i))
            return worsened(r, s) & found

        if bands:
            matter.claims.append(Claim("monotone", f"{score.id}: {name}: band", lower_band))
        if alerts:

            def worse_and_less_urgent(r: Any, s: Any) -> Any:
                return worsened(r, s) & less(r, s)

            name = f"{score.id}: {name}: urgency"
            matter.claims.append(Claim("monotone", name, worse_and_less_urgent))
        return matter

    def away(self, score: Score, name: str, alerts: list[Alert]) -> Matter:
        """Claim it of a number that a score only bands, from where it leaves the mildest band.

        So a number that is bad at both ends, as calcium is, has a score for each.
        """
        total, band = ("score", score.id, "total"), ("score", score.id, "band")
        matter = self.pair(score.id, name, alerts, score.entity)
        worse, less = score.higher_is == "worse", self.less_urgent(matter, alerts)
        mildest = 0 if worse else len(score.any_bands()) - 1

        def found(r: Any, s: Any) -> Any:
            a, b = r(*total), s(*total)
            left = (r(*band) & (1 << mildest)) == 0
            return left & ((a < b) if worse else (b < a)) & less(r, s)

        claim = Claim("monotone", f"{score.id}: {name}: urgency of all that hang on it", found)
        matter.claims.append(claim)
        return matter

    def value(self, variable: Variable, alerts: list[Alert]) -> Matter:
        """Claim it of a variable that says itself which way is worse, at whatever lesion it is."""
        matter = self.pair(variable.id, variable.id, alerts, variable.entity)
        worse, less = variable.higher_is == "worse", self.less_urgent(matter, alerts)
        many = 2 if variable.type == "boolean" else len(variable.levels)

        def better(r: Any, s: Any) -> Any:
            somewhere: Any = False
            if variable.type == "number":
                for a, b in zip(r.each(variable.id), s.each(variable.id), strict=True):
                    somewhere = somewhere | (b[0] < a[0] if worse else a[0] < b[0])
                return somewhere
            for i, j in permutations(range(many), 2):
                if (j < i) == worse:
                    pairs = zip(r.at_level(variable.id, i), s.at_level(variable.id, j), strict=True)
                    for a, b in pairs:
                        somewhere = somewhere | (a & b)
            return somewhere

        def found(r: Any, s: Any) -> Any:
            return less(r, s) & (better(r, s) == 0)

        matter.claims.append(Claim("monotone", f"{variable.id}: urgency", found))
        return matter

    def less_urgent(self, matter: Matter, alerts: list[Alert]) -> Callable[[Any, Any], Any]:
        """Ask for two patients of whom the second has no alert as urgent as one of the first.

        Whom the scope gate keeps out has those only that are there without a known cancer.
        """
        scope = self.scope(matter)

        def state(r: Any, alert: Alert) -> Any:
            own = r("alert", alert.id)
            if scope is None or alert.without_known_cancer:
                return own == YES, own != NO
            return (own == YES) & (r(*scope) == YES), (own != NO) & (r(*scope) != NO)

        def found(r: Any, s: Any) -> Any:
            lost: Any = False
            for alert in alerts:
                as_urgent: Any = False
                for other in alerts:
                    if URGENCIES.index(other.urgency) <= URGENCIES.index(alert.urgency):
                        as_urgent = as_urgent | state(s, other)[1]
                lost = lost | (state(r, alert)[0] & (as_urgent == 0))
            return lost

        return found

    def pair(self, identity: str, name: str, alerts: list[Alert], entity: str) -> Matter:
        """Ask of two patients who differ in a variable alone."""
        entity = "lesion" if "lesion" in {entity, *(a.entity for a in alerts)} else "patient"
        return Matter(
            frozenset({identity, *(a.id for a in alerts)}), entity, varied=self.told(name)
        )


def nodes_of(trees: Trees, matter: Matter) -> list[Node]:
    """Give every node that the claims of a matter hang on, each once."""
    pack = trees.pack
    names = set(matter.only)
    for identity in matter.only:
        names |= set(behind(trees, identity))
    for tree in matter.asked.values():
        for name in trees.names(tree):
            names |= {name, *behind(trees, name)}
    names |= {trees.givers[n].id for n in names if n in trees.givers}
    everything = [t for n in names if n in trees.items for t in trees.of(trees.items[n]).values()]
    everything += matter.asked.values()
    if pack.scope is not None:
        everything += trees.of(pack.scope).values()
    for name in matter.only & set(pack.options):
        for readings in trees.read_by(pack.options[name]).values():
            everything += [reading.tree for reading in readings]
    return list(dict.fromkeys(n for tree in everything for n in walk(tree)))
