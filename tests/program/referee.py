"""The referee: a naive evaluator of one fully known patient, written from the design alone.

No sets here. A boolean is a bool, a number a float, a date a float of seconds, a level its name.
What cannot be computed (x/0, the maximum of nothing) is `ANY`, a wildcard that matches everything;
with dice, a wildcard becomes one drawn value, which must then lead to an allowed result too.
Expressions are read from the items' own texts with `ast` and walked node by node.
"""

from __future__ import annotations

import ast
import datetime as dt
import math
import operator
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random
from typing import Any

from bonemets.pack.items import Band, Citation, Option, Score, Variable
from bonemets.pack.load import Pack


class _Any:
    """The wildcard."""

    def __repr__(self) -> str:
        return "ANY"

    def __bool__(self) -> bool:
        raise TypeError("a wildcard has no truth value")


ANY = _Any()
DRAWN_NUMBERS = (0.0, 1.0, -1.0, 0.5, 3.0, -2.5, 100.0, -1e3, 7e4)
HUGE = 1e300
Key = tuple[str, ...]


@dataclass
class Known:
    """A fully known patient: what is stated of it and of each lesion, and the index moment.

    A variable with a formula that is not stated here follows its formula.
    """

    stated: dict[str, Any]
    lesions: list[dict[str, Any]]
    index: float


@dataclass(frozen=True)
class Kind:
    """What the referee knows of a variable."""

    type: str
    entity: str
    levels: tuple[str, ...] = ()


# --- truths: True, False or ANY ----------------------------------------------------------------


def negated(a: Any) -> Any:
    return ANY if a is ANY else not a


def all_of(parts: Iterable[Any]) -> Any:
    result: Any = True
    for part in parts:
        if part is ANY:
            result = ANY
        elif not part:
            return False
    return result


def any_of(parts: Iterable[Any]) -> Any:
    result: Any = False
    for part in parts:
        if part is ANY:
            result = ANY
        elif part:
            return True
    return result


def at_least(n: int, parts: Sequence[Any]) -> Any:
    sure = sum(p is not ANY and p for p in parts)
    perhaps = sum(p is ANY for p in parts)
    return True if sure >= n else False if sure + perhaps < n else ANY


# --- numbers -----------------------------------------------------------------------------------


def finite(value: float) -> Any:
    """Give a number, ANY where it overflowed: no infinity is ever a value."""
    return value if math.isfinite(value) and abs(value) <= HUGE else ANY


def forty_bits(value: float) -> Any:
    """Keep 40 bits, half to even; ANY where the libraries' last places could tip the balance."""
    if value == 0.0:
        return value
    mantissa, exponent = math.frexp(value)
    scaled = mantissa * 2.0**40
    rest = scaled - math.floor(scaled)
    if abs(rest - 0.5) < 2.0**-11 or abs(value) < 1e-290:
        return ANY
    return math.ldexp(math.floor(scaled + 0.5), exponent - 40)


def half_up(value: Any, decimals: int) -> Any:
    """Round half up to some decimals, as the design writes it."""
    if value is ANY:
        return ANY
    scale = 10.0**decimals
    return finite(math.floor(value * scale + 0.5) / scale) if abs(value) < 1e290 else value


def calendar(seconds: float) -> dt.datetime:
    return dt.datetime(1970, 1, 1) + dt.timedelta(seconds=seconds)  # noqa: DTZ001


def completed(function: str, a: float, b: float) -> float:
    """Completed units from a to b."""
    if function in ("days_between", "hours_between"):
        return float((b - a) // (86400 if function == "days_between" else 3600))
    start, end = calendar(a), calendar(b)
    months = (end.year - start.year) * 12 + end.month - start.month
    if (end.day, end.time()) < (start.day, start.time()):
        months -= 1
    return float(months if function == "months_between" else months // 12)


# --- the referee -------------------------------------------------------------------------------


def written_in(text: str) -> ast.expr:
    return ast.parse("(" + text + "\n)", mode="eval").body


@dataclass
class Referee:
    """Evaluates the items of one pack; `decimals` says how many each derived number is kept to."""

    pack: Pack
    decimals: dict[str, int]
    kinds: dict[str, Kind] = field(init=False)
    makers: dict[str, Score] = field(init=False)
    meanings: dict[tuple[str, tuple[str, ...]], Meaning] = field(default_factory=dict)
    named: dict[tuple[str, tuple[str, ...]], list[str]] = field(default_factory=dict)
    origins: dict[str, tuple[list[str], bool]] = field(default_factory=dict)

    followed: dict[str, str] = field(init=False)
    """The position that is followed where sources disagree: a level, the same for everybody."""

    def __post_init__(self) -> None:
        self.makers = {}
        self.followed = {n: self.pack.followed(n) for n in self.pack.disagreements}
        self.kinds = {n: Kind(v.type, v.entity, v.levels) for n, v in self.pack.variables.items()}
        for score in self.pack.scores.values():
            if score.gives.total:
                self.makers[score.gives.total] = score
                self.kinds.setdefault(score.gives.total, Kind("number", score.entity))
            if score.gives.band:
                self.makers[score.gives.band] = score
                kind = Kind("level", score.entity, band_names(score))
                self.kinds.setdefault(score.gives.band, kind)
        self.of_lesions = frozenset(n for n, kind in self.kinds.items() if kind.entity == "lesion")

    def meaning(self, text: str, levels: tuple[str, ...] = ()) -> Meaning:
        """Read an expression once; `levels` are those that it gives."""
        if (text, levels) not in self.meanings:
            reader, tree = Reader(self), written_in(text)
            self.meanings[(text, levels)] = (
                reader.level(tree, levels) if levels else reader.value(tree)
            )
        return self.meanings[(text, levels)]

    def judge(self, patient: Known, rng: Random | None = None) -> Judgement:
        """Start on one patient; with `rng`, what cannot be computed is drawn."""
        return Judgement(self, patient, rng)

    # results by the program's keys

    def question(self, key: Key) -> Meaning:
        """Give what one result of the program means.

        A bool, a level or band, a number, a set of statuses, the number of a dose row, or ANY.
        """
        pack = self.pack
        match key:
            case ("variable", name):
                return lambda j: j.variable(name)
            case ("alert", identity):
                return self.meaning(pack.alerts[identity].when)
            case ("action", identity, index, word):
                return self.meaning(getattr(pack.alerts[identity].actions[int(index)], word))
            case ("investigation", identity):
                return self.meaning(pack.investigations[identity].when)
            case ("step", identity):
                return self.meaning(pack.steps[identity].when)
            case ("interaction", identity):
                return self.meaning(pack.interactions[identity].when)
            case ("card", identity):
                return self.meaning(pack.cards[identity].when)
            case ("outlook", identity):
                return self.meaning(pack.outlooks[identity].when)
            case ("handout", identity):
                return self.meaning(pack.handouts[identity].when)
            case ("scope", word):
                return self.meaning(getattr(pack.scope, word))
            case ("score", identity, "applies"):
                return self.meaning(str(pack.scores[identity].applies))
            case ("score", identity, "total"):
                return lambda j: j.total(pack.scores[identity])
            case ("score", identity, "band"):
                return lambda j: j.band(pack.scores[identity])
            case ("option", identity):
                return lambda j: j.statuses(pack.options[identity])
            case ("dose", identity):
                return lambda j: j.dose_row(pack.options[identity])
            case _:
                raise KeyError(key)

    # what stands behind a name

    def names(self, text: str, levels: tuple[str, ...] = ()) -> list[str]:
        """Give the variables that an expression names; names of levels are not among them."""
        if (text, levels) not in self.named:
            self.named[(text, levels)] = list(
                dict.fromkeys(self.names_in(written_in(text), levels))
            )
        return self.named[(text, levels)]

    def names_in(self, node: ast.AST, domain: tuple[str, ...]) -> Iterator[str]:
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            levels = any(self.is_level(s) for s in sides)
            for side in sides:
                if self.is_level(side) or not (levels or isinstance(side, ast.Set)):
                    yield from self.names_in(side, ())
        elif isinstance(node, ast.Name):
            if node.id in self.kinds and node.id not in domain:
                yield node.id
        elif isinstance(node, ast.IfExp):
            yield from self.names_in(node.test, ())
            yield from self.names_in(node.body, domain)
            yield from self.names_in(node.orelse, domain)
        else:
            for child in ast.iter_child_nodes(node):
                yield from self.names_in(child, domain)

    def is_level(self, node: ast.AST) -> bool:
        if not isinstance(node, ast.Name):
            return False
        level = self.kinds.get(node.id, Kind("", "")).type == "level"
        return level or node.id in self.followed

    def behind(self, name: str) -> tuple[list[str], bool]:
        """Give what a variable is computed from, and whether by figures that nobody read."""
        if name not in self.origins:
            self.origins[name] = self.origin(name)
        return self.origins[name]

    def origin(self, name: str) -> tuple[list[str], bool]:
        score, variable = self.makers.get(name), self.pack.variables.get(name)
        if score is not None:
            found = [*score.components, *([score.reported_in] if score.reported_in else [])]
            for text in (score.applies, score.formula):
                found += [] if text is None else self.names(text)
            for bands in (score.bands, *score.bands_by_unit.values()):
                found += [e for b in bands.values() for e in edges_of(b) if isinstance(e, str)]
            return found, not licensed(score.evidence)
        if variable is not None and variable.table_of is not None:
            return [variable.table_of], False
        if variable is not None and variable.formula is not None:
            tree = written_in(variable.formula)
            figures = any(isinstance(n, ast.Constant) for n in ast.walk(tree))
            names = self.names(variable.formula, variable.levels)
            return names, figures and not licensed(variable.evidence)
        return [], False


@dataclass
class Judgement:
    """The results for one patient, each variable judged once."""

    referee: Referee
    patient: Known
    rng: Random | None
    totals: dict[tuple[str, int | None], Any] = field(default_factory=dict)
    here: int | None = None
    """The lesion that is looked at."""
    wary: bool = False
    """Whether every figure behind a clause counts, also one that the record replaces."""

    def __post_init__(self) -> None:
        self.values = dict(self.patient.stated)
        self.lesion_values = [dict(lesion) for lesion in self.patient.lesions]

    # what cannot be computed

    def undefined(self) -> Any:
        return ANY if self.rng is None else self.rng.choice(DRAWN_NUMBERS)

    def one_of(self, choices: Sequence[Any]) -> Any:
        """Not known which: all the same, or a wildcard, or one drawn."""
        if any(c is ANY for c in choices):
            return ANY
        if all(c == choices[0] for c in choices):
            return choices[0]
        return ANY if self.rng is None else self.rng.choice(choices)

    def condition(self, text: str) -> Any:
        return self.referee.meaning(text)(self)

    # variables

    def variable(self, name: str) -> Any:
        """Give a variable's value: as stated, or computed once."""
        if name in self.referee.followed:
            return self.referee.followed[name]
        own = name in self.referee.of_lesions
        values = self.lesion_values[self.here or 0] if own else self.values
        if name not in values:
            before, self.here = self.here, self.here if own else None
            values[name] = self.fresh(name, self.referee.kinds[name])
            self.here = before
        return values[name]

    def stated(self, name: str) -> dict[str, Any]:
        own = name in self.referee.of_lesions
        return self.patient.lesions[self.here or 0] if own else self.patient.stated

    def fresh(self, name: str, kind: Kind) -> Any:
        v = self.referee.pack.variables.get(name)
        if name in self.referee.makers:
            return self.given(name, self.referee.makers[name], kind)
        assert v is not None
        if v.table_of is not None:
            return self.table(v)
        assert v.formula is not None, name
        value = self.referee.meaning(v.formula, v.levels)(self)
        if v.type == "number" and not v.integer:
            return half_up(value, self.referee.decimals[name])
        return value

    def table(self, v: Variable) -> Any:
        value = self.variable(str(v.table_of))
        if value is ANY:
            return ANY
        word = {True: "yes", False: "no"}.get(value, value) if isinstance(value, bool) else value
        row = next(level for level, covered in v.table.items() if word in covered)
        return row == "yes" if v.type == "boolean" else row

    # scores

    def given(self, name: str, score: Score, kind: Kind) -> Any:
        applies = True if score.applies is None else self.condition(score.applies)
        value = self.total(score) if name == score.gives.total else self.band(score)
        if applies is ANY:
            return ANY
        if applies:
            return value
        if kind.type == "level":
            return self.one_of(kind.levels)
        return self.undefined()

    def total(self, score: Score) -> Any:
        where = (score.id, self.here if score.entity == "lesion" else None)
        if where not in self.totals:
            self.totals[where] = (
                self.points(score) if score.components else self.condition(str(score.formula))
            )
        return self.totals[where]

    def points(self, score: Score) -> Any:
        total = 0
        for name, table in score.components.items():
            value = self.variable(name)
            if value is ANY:
                return ANY
            word = {True: "yes", False: "no"}[value] if isinstance(value, bool) else value
            points = table[word]
            if points == "any":
                points = self.one_of([p for p in table.values() if p != "any"])
            if points is ANY:
                return ANY
            total += points
        return float(total)

    def band(self, score: Score) -> Any:
        total = self.total(score)
        if total is ANY:
            return ANY
        if not score.bands_by_unit:
            return self.band_of(score.bands, total, lambda edge: edge)
        reported = self.variable(str(score.reported_in))
        if reported is ANY:
            return ANY
        names = self.referee.pack.variables[str(score.reported_in)].names
        unit = names.get(reported, reported)
        table = score.bands_by_unit[unit]
        factor = self.referee.pack.units[str(score.formula)][unit][0]
        if factor == 1.0:
            return self.band_of(table, total, lambda edge: edge)
        printed = [e for b in table.values() for e in edges_of(b) if isinstance(e, float)]
        own = self.referee.pack.variables[str(score.formula)].decimals
        places = max((decimals(e) for e in printed), default=own) + 2
        return self.band_of(
            table, half_up(total / factor, places), lambda edge: half_up(edge / factor, places)
        )

    def band_of(
        self, bands: dict[str, Band], value: float, converted: Callable[[float], Any]
    ) -> Any:
        """Give the band of a value; a printed edge goes before one that is a variable."""
        held: list[str] = []
        listed = list(bands.items())
        for index, (name, _) in enumerate(listed):
            tests: list[Any] = []
            for rest, side in (
                ([b for _, b in listed[index:]], "up"),
                ([b for _, b in listed[index::-1]], "down"),
            ):
                for band in rest:
                    edge = upper(band) if side == "up" else lower(band)
                    if edge is None:
                        break
                    tests.append(self.inside(value, edge[0], edge[1], converted))
                    if not isinstance(edge[1], str):
                        break
            verdict = all_of(tests)
            if verdict is ANY:
                return ANY
            held += [name] * verdict
        assert len(held) == 1, (held, value)
        return held[0]

    def inside(
        self, value: float, operator: str, edge: float | str, converted: Callable[[float], Any]
    ) -> Any:
        limit = edge
        if isinstance(edge, str):
            limit = self.variable(edge)
            limit = ANY if limit is ANY else converted(limit)
        return compared(operator, value, limit)

    # options

    def statuses(self, option: Option) -> Any:
        """Give the statuses that are left: one, unless a line that decides was read by nobody."""
        scope = (
            True
            if self.referee.pack.scope is None
            else self.condition(self.referee.pack.scope.cancer)
        )
        found: dict[str, list[tuple[Any, str, tuple[Citation, ...]]]] = {
            section: [
                (self.condition(c.when), c.when, c.evidence or option.evidence)
                for c in getattr(option, section)
            ]
            for section in ("indicated", "contraindicated", "caution")
        }
        for x in self.referee.pack.interactions.values():
            if option.id in x.between and x.effect != "together":
                section = "contraindicated" if x.effect == "stop" else "caution"
                found[section].append((self.condition(x.when), x.when, x.evidence))
        if scope is ANY or any(one[0] is ANY for clauses in found.values() for one in clauses):
            return ANY
        if not scope:
            return {"not_in_scope"}
        left: set[str] = set()
        reasons = [self.unread(*why) for truth, *why in found["indicated"] if truth]
        if all(reasons):
            left.add("not_indicated")
        if not reasons:
            return left
        stops = [self.unread(*why) for truth, *why in found["contraindicated"] if truth]
        if stops:
            left.add("contraindicated")
        if all(stops):
            left.add("caution" if any(truth for truth, *_ in found["caution"]) else "suitable")
        return left

    def unread(self, when: str, evidence: tuple[Citation, ...]) -> bool:
        if not licensed(evidence):
            return True
        return any(self.rests_on_unread(n) for n in self.referee.names(when))

    def rests_on_unread(self, name: str) -> bool:
        """Say whether a figure that nobody read stands behind a variable's value here."""
        lesion = self.referee.kinds[name].entity == "lesion"
        if lesion and self.here is None and not self.wary:
            members = range(len(self.patient.lesions))
            return any(self.at(j, lambda x: x.rests_on_unread(name)) for j in members)
        if not self.wary and name in self.stated(name):
            return False
        behind, unread = self.referee.behind(name)
        where = self.here if lesion else None
        return unread or any(self.at(where, lambda x, n=n: x.rests_on_unread(n)) for n in behind)

    def at(self, lesion: int | None, act: Meaning) -> Any:
        """Look at one lesion (None: at the patient) for a while."""
        before, self.here = self.here, lesion
        result = act(self)
        self.here = before
        return result

    def dose_row(self, option: Option) -> Any:
        assert option.dose is not None
        value = self.variable(option.dose.by)
        if value is ANY:
            return ANY
        for index, row in enumerate(option.dose.rows):
            edges = [edge for edge in (upper(row), lower(row)) if edge is not None]
            if all(compared(operator, value, limit) for operator, limit in edges):
                return index
        return None

    # over lesions and alerts

    def over_lesions(self, function: str, inner: Meaning, only: Meaning) -> Any:
        members = range(len(self.patient.lesions))
        inside = [self.at(j, only) for j in members]
        each = [self.at(j, inner) for j in members]
        both = list(zip(inside, each, strict=True))
        if function == "any_lesion":
            return any_of([all_of(pair) for pair in both])
        if function == "all_lesions":
            return all_of([any_of(inside), *(any_of((negated(i), x)) for i, x in both)])
        if function == "count_lesions":
            holds = [all_of(pair) for pair in both]
            return ANY if any(h is ANY for h in holds) else float(sum(holds))
        if any(i is ANY for i in inside):
            return ANY
        kept = [x for i, x in both if i]
        if any(x is ANY for x in kept):
            return ANY
        if function == "sum_lesions":
            total = 0.0
            for x in kept:
                total += x
            return finite(total)
        if not kept:
            return self.undefined()
        return max(kept) if function == "max_lesion" else min(kept)

    def count_alerts(self, urgency: str) -> Any:
        holds: list[Any] = []
        for alert in self.referee.pack.alerts.values():
            if alert.urgency == urgency:
                meaning = self.referee.meaning(alert.when)
                lesion = alert.entity == "lesion"
                members = range(len(self.patient.lesions)) if lesion else (None,)
                holds.append(any_of([self.at(j, meaning) for j in members]))
        return ANY if any(h is ANY for h in holds) else float(sum(holds))


# --- expressions -------------------------------------------------------------------------------

Meaning = Callable[[Judgement], Any]
"""What a piece of an expression is worth to one patient, at the lesion that is looked at."""


@dataclass
class Reader:
    """Turns an expression into its meaning, node by node."""

    referee: Referee

    def value(self, n: ast.expr) -> Meaning:
        match n:
            case ast.Constant():
                constant = float(n.value)  # type: ignore[arg-type]
                return lambda _: constant
            case ast.Name(id="index_date"):
                return lambda j: j.patient.index
            case ast.Name():
                name = n.id
                return lambda j: j.variable(name)
            case ast.BoolOp():
                parts = [self.value(v) for v in n.values]
                join = all_of if isinstance(n.op, ast.And) else any_of
                return lambda j: join([p(j) for p in parts])
            case ast.UnaryOp(op=ast.Not()):
                inner = self.value(n.operand)
                return lambda j: negated(inner(j))
            case ast.UnaryOp(op=ast.USub()):
                return over_numbers(lambda j, x: -x, [self.value(n.operand)])
            case ast.Compare():
                sides = [n.left, *n.comparators]
                pairs = [
                    self.pair(a, OPERATORS[type(op)], b)
                    for a, op, b in zip(sides, n.ops, sides[1:], strict=False)
                ]
                return pairs[0] if len(pairs) == 1 else lambda j: all_of([p(j) for p in pairs])
            case ast.BinOp():
                act = ARITHMETIC[type(n.op)]
                return over_numbers(act, [self.value(n.left), self.value(n.right)])
            case ast.IfExp():
                return self.branch(self.value(n.test), self.value(n.body), self.value(n.orelse))
            case ast.Call(func=ast.Name(id=function)):
                return self.call(function, n.args)
            case _:
                raise TypeError(ast.dump(n))

    def branch(self, test: Meaning, yes: Meaning, no: Meaning) -> Meaning:
        def meaning(j: Judgement) -> Any:
            c, a, b = test(j), yes(j), no(j)
            if c is ANY:
                return ANY if a is ANY or b is ANY or a != b else a
            return a if c else b

        return meaning

    def level(self, n: ast.expr, domain: tuple[str, ...]) -> Meaning:
        match n:
            case ast.IfExp():
                branches = self.level(n.body, domain), self.level(n.orelse, domain)
                return self.branch(self.value(n.test), *branches)
            case ast.Name() if n.id in domain:
                level = n.id
                return lambda _: level
            case ast.Call():
                parts = [self.level(a, domain) for a in n.args]
                return lambda j: j.one_of([p(j) for p in parts])
            case ast.Name():
                name = n.id
                return lambda j: j.variable(name)
            case _:
                raise TypeError(ast.dump(n))

    def pair(self, a: ast.expr, op: str, b: ast.expr) -> Meaning:
        if isinstance(b, ast.Set):
            x = self.value(a)
            members = [
                e.id if isinstance(e, ast.Name) else float(e.value)  # type: ignore[attr-defined]
                for e in b.elts
            ]
            wanted = op == "in"

            def meaning(j: Judgement) -> Any:
                value = x(j)
                return ANY if value is ANY else (value in members) == wanted

            return meaning
        for variable, other, word in ((a, b, op), (b, a, MIRRORED[op])):
            if self.referee.is_level(variable):
                assert isinstance(variable, ast.Name)
                assert isinstance(other, ast.Name)
                return self.by_order(variable.id, word, other.id)
        compare = COMPARE[op]
        return over_numbers(lambda _, x, y: compare(x, y), [self.value(a), self.value(b)])

    def by_order(self, variable: str, op: str, level: str) -> Meaning:
        disagreement = self.referee.pack.disagreements.get(variable)
        levels = disagreement.positions if disagreement else self.referee.kinds[variable].levels
        order, compare = tuple(levels), COMPARE[op]
        place = order.index(level)

        def meaning(j: Judgement) -> Any:
            value = j.variable(variable)
            return ANY if value is ANY else compare(order.index(value), place)

        return meaning

    def call(self, function: str, args: list[ast.expr]) -> Meaning:
        match function:
            case "count_alerts":
                assert isinstance(args[0], ast.Name)
                urgency = args[0].id
                return lambda j: j.count_alerts(urgency)
            case _ if function.endswith(("_lesion", "_lesions")):
                inner = self.value(args[0])
                only = self.value(args[1]) if len(args) > 1 else lambda _: True
                return lambda j: j.over_lesions(function, inner, only)
        parts = [self.value(a) for a in args]
        match function:
            case "at_least":
                return lambda j: at_least(int(parts[0](j)), [p(j) for p in parts[1:]])
            case "either":
                return lambda j: j.one_of([p(j) for p in parts])
            case "known":
                return lambda j: ANY if parts[0](j) is ANY else True
            case _ if function.endswith("_between"):
                return over_numbers(lambda _, a, b: completed(function, a, b), parts)
            case _:
                return over_numbers(FUNCTIONS[function], parts)


def over_numbers(act: Callable[..., Any], parts: list[Meaning]) -> Meaning:
    """Act on numbers: a wildcard among them makes a wildcard."""

    def meaning(j: Judgement) -> Any:
        values = [p(j) for p in parts]
        return ANY if any(v is ANY for v in values) else act(j, *values)

    return meaning


def quotient(j: Judgement, a: float, b: float) -> Any:
    return j.undefined() if b == 0 else finite(a / b)


def power(j: Judgement, a: float, e: float) -> Any:
    if (a == 0 and e < 0) or (a < 0 and not e.is_integer()):
        return j.undefined()
    try:
        value = finite(math.pow(a, e))
    except OverflowError:
        return ANY
    return ANY if value is ANY else forty_bits(value)


ARITHMETIC: dict[type, Callable[..., Any]] = {
    ast.Add: lambda _, a, b: finite(a + b),
    ast.Sub: lambda _, a, b: finite(a - b),
    ast.Mult: lambda _, a, b: finite(a * b),
    ast.Div: quotient,
    ast.Pow: power,
}
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "abs": lambda _, x: abs(x),
    "min": lambda _, *xs: min(xs),
    "max": lambda _, *xs: max(xs),
    "exp": lambda j, x: forty_bits(math.exp(x)) if -700 <= x <= 700 else j.undefined(),
    "log": lambda j, x: forty_bits(math.log(x)) if x > 0 else j.undefined(),
}
COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}


OPERATORS = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.In: "in",
    ast.NotIn: "not in",
}
MIRRORED = {
    "<": ">",
    "<=": ">=",
    ">": "<",
    ">=": "<=",
    "==": "==",
    "!=": "!=",
    "in": "in",
    "not in": "not in",
}


def compared(op: str, a: Any, b: Any) -> Any:
    return ANY if a is ANY or b is ANY else COMPARE[op](a, b)


def licensed(citations: tuple[Citation, ...]) -> bool:
    """Say whether a line was read, or copied faithfully."""
    return any(c.confirmation in ("read", "second_hand") for c in citations)


def band_names(score: Score) -> tuple[str, ...]:
    return tuple(score.bands or next(iter(score.bands_by_unit.values()), {}))


def edges_of(band: Band) -> list[float | str]:
    return [e for e in (band.from_, band.above, band.to, band.below) if e is not None]


def lower(band: Any) -> tuple[str, Any] | None:
    return (
        (">=", band.from_)
        if band.from_ is not None
        else (">", band.above)
        if band.above is not None
        else None
    )


def upper(band: Any) -> tuple[str, Any] | None:
    return (
        ("<=", band.to)
        if band.to is not None
        else ("<", band.below)
        if band.below is not None
        else None
    )


def decimals(value: float) -> int:
    """Count the decimals of a printed figure."""
    return max(0, -int(Decimal(repr(value)).normalize().as_tuple().exponent))
