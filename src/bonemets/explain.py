"""Which clauses decided a finding, in words and values.

And what is missing, and how far the lines behind it may be trusted.

Walks the expression trees of the items shown with the one patient's sets.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import InitVar, dataclass, field, replace
from itertools import chain, compress, islice
from operator import ne
from typing import Any, Final, TypeVar

from bonemets.expression import (
    And,
    Arithmetic,
    AtLeast,
    Between,
    Call,
    Compare,
    CountAlerts,
    IfElse,
    IndexDate,
    Known,
    Name,
    Node,
    Not,
    Number,
    OneOf,
    Or,
    OverLesions,
    Symbol,
)
from bonemets.lineage import AT_LESIONS, ELSEWHERE, OPPOSITE, Lineage, Part, Place, result_of
from bonemets.model import Reason, Result
from bonemets.pack.load import Pack
from bonemets.pack.trees import Trees
from bonemets.sets import Truth
from bonemets.shown import date_text, interval_text, numbers_text, unit_shown
from bonemets.values import INF, NONE, PERHAPS, SURE, TRUTHS, Scalars

T = TypeVar("T")
RESULTS: Final[dict[int, Result]] = {code: result_of(x) for code, x in enumerate(TRUTHS)}
"""What the codes of a program are called."""


@dataclass(slots=True)
class Patient:
    """One patient's sets: of each variable, by lesion number (None: the patient's own).

    `recorded` says which facts come from events of the record; a computed variable that is not
    among them follows its formula.
    """

    pack: Pack
    trees: Trees
    index: float
    values: dict[tuple[str, int | None], Any]
    recorded: dict[tuple[str, int | None], int]
    operations: Scalars
    labels: tuple[str, ...]
    alerts: dict[str, list[Truth]] = field(default_factory=dict[str, list[Truth]])
    registers: tuple[Any, ...] = ()
    """What the program returned, with the truths of conditions (`Part.at`).

    None of one who is supposed.
    """
    truths: dict[int | tuple[int, int | None], Truth] = field(
        default_factory=dict[int | tuple[int, int | None], Truth]
    )
    """Sets of the conditions within trees, as found already (`sets.Meanings`)."""
    results: dict[Part | tuple[Part, int | None], Result] = field(
        default_factory=dict["Part | tuple[Part, int | None]", Result]
    )
    """Results of conditions found already; of one of a lesion with the lesion's number."""
    said: dict[Any, tuple[Reason, ...]] = field(default_factory=dict[Any, tuple[Reason, ...]])
    """Reasons given already."""
    hints: dict[tuple[Part | str, int | None], bool] = field(
        default_factory=dict["tuple[Part | str, int | None]", bool]
    )
    """Which conditions and variables the record hints at, as found already (`writing.hints`)."""
    open_behind: dict[Part | tuple[Part, int | None], tuple[str, ...]] = field(
        default_factory=dict["Part | tuple[Part, int | None]", tuple[str, ...]]
    )
    """What is missing for conditions, as found already."""
    lacking: dict[tuple[str, int | None], dict[str, None]] = field(
        default_factory=dict[tuple[str, int | None], dict[str, None]]
    )
    """What is missing for variables, as found already."""
    silent: Patient | None = None
    """The sets of a record that says nothing, once `hear` has taken them."""
    heard: int = 0
    """The bits of the variables of which the record says anything, with AT_LESIONS and ELSEWHERE.
    """
    speaking_names: frozenset[str] = frozenset()
    """The variables of which anything is known, at any lesion."""
    speaking: int = 0
    """Their bits."""
    lines: InitVar[Lineage | None] = None
    lineage: Lineage = field(init=False)
    """What stands behind the variables: the engine's, else one of its own."""

    def __post_init__(self, lines: Lineage | None) -> None:
        """Take what stands behind the variables."""
        self.lineage = lines or Lineage(self.trees)

    def hear(self, silent: Patient) -> None:
        """Note of which variables anything was heard, beside a record that says nothing.

        What is said of a condition of which nothing was heard is the same for every patient: it is
        written for that record, once for a pack, and so holds nothing of anybody.
        """
        bits, every = self.lineage.bits, self.lineage.every
        values, recorded = self.values, self.recorded

        def of_patient(keys: Iterable[Place], unlike: Iterable[Any]) -> set[Place]:
            return set(compress(keys, map(ne, map(values.__getitem__, keys), unlike)))

        # What is computed differs only where something behind it was heard, or looks elsewhere.
        told = set(compress(recorded, recorded.values()))
        heard = of_patient(silent.recorded, map(silent.values.__getitem__, silent.recorded))
        heard |= told.intersection(silent.recorded)
        speaking = told | of_patient(silent.values, [every[name] for name, _ in silent.values])
        if self.operations.n:
            at_lesions = islice(values.items(), len(silent.values), None)
            speaking |= {key for key, x in at_lesions if x != every[key[0]]}
        lesions = AT_LESIONS if self.operations.n or not self.operations.open else 0
        self.heard = sum([bits[name] for name, _ in heard], ELSEWHERE | lesions)
        self.speaking_names = frozenset([name for name, _ in speaking])
        self.speaking = sum([bits[name] for name in self.speaking_names])
        self.silent = silent

    def stranger(self, tree: Part) -> Patient | None:
        """Give a record that says nothing, where nothing was heard of all that a tree looks at."""
        return None if self.heard & tree.reach else self.silent

    def symbol(self, name: str) -> Symbol:
        """Give a variable's symbol."""
        return self.trees.symbols[name]

    def value(self, name: str, lesion: int | None) -> Any:
        """Give a variable's set: (may be true, may be false), a mask, or (low, high)."""
        at = lesion if lesion is not None and name in self.lineage.of_lesions else None
        return self.values[name, at]

    def where(self, name: str, lesion: int | None) -> int | None:
        """Give the lesion that a variable is asked for: none for one of the patient."""
        return lesion if lesion is not None and name in self.lineage.of_lesions else None

    def state(self, name: str, lesion: int | None) -> int:
        """Give a fact's recorded state (0 no event, 1 perhaps, 2 recorded)."""
        at = lesion if lesion is not None and name in self.lineage.of_lesions else None
        return self.recorded.get((name, at), 0)

    def is_open(self, name: str, lesion: int | None) -> bool:
        """Say whether more than one value is left."""
        value, kind = self.value(name, lesion), self.trees.symbols[name].kind
        if kind == "level":
            return value & (value - 1) != 0
        return bool(value[0] and value[1]) if kind == "boolean" else value[0] != value[1]

    def supposing(self, name: str, lesion: int | None, level: str) -> Patient:
        """Give the same patient with one level variable taken as settled: what would hold then."""
        settled = {(name, lesion): 1 << self.symbol(name).levels.index(level)}
        values = self.values | settled
        return replace(
            self,
            values=values,
            registers=(),
            truths={},
            results={},
            said={},
            hints={},
            open_behind={},
            lacking={},
            silent=None,
            lines=self.lineage,
        )

    def evaluate(self, node: Node, lesion: int | None) -> Any:
        """Give a node's set, as the compiled program does."""
        return self.lineage.meanings.of(node)(self, lesion)

    def result(self, tree: Part, lesion: int | None) -> Result:
        """Name a condition's set: as the program found it, else worked out once for each lesion."""
        at = tree.at
        if at is not None and self.registers:
            if tree.of_lesion:
                return RESULTS[self.registers[at][lesion]]
            return RESULTS[self.registers[at]]
        key = (tree, lesion) if tree.of_lesion else tree
        result = self.results.get(key)
        if result is None:
            if self.silent is not None and not self.heard & tree.reach:
                result = self.silent.result(tree, lesion)
            else:
                result = result_of(tree.meaning(self, lesion))
            self.results[key] = result
        return result

    def rests_on(self, unread: Iterable[str], lesion: int | None) -> bool:
        """Say whether the record does not state the value of one of these unread formulas."""
        return any([self.state(name, lesion) != SURE for name in unread])

    # words ---------------------------------------------------------------------------------------

    def reasons(
        self, tree: Part, lesion: int | None, result: Result | None = None
    ) -> tuple[Reason, ...]:
        """Give the clauses that decided a condition, each once.

        With a `result` that the condition does not have (it is open): what would still have to hold
        for it, as one reason.
        """
        if not tree.of_lesion:
            lesion = None
        stranger = self.stranger(tree)
        if stranger is not None:
            return stranger.reasons(tree, lesion, result)
        own = self.result(tree, lesion)
        if result is None or result == own:
            return self.decided(tree, lesion, own)
        key = (tree, lesion, result)
        if key not in self.said:
            text = self.supposed(tree.node, lesion, holds=result == "yes")
            self.said[key] = (Reason(text=text, result=result),)
        return self.said[key]

    def decided(self, tree: Part, lesion: int | None, result: Result) -> tuple[Reason, ...]:
        """Give the clauses that decided a condition's result, each once.

        Worked out once for each lesion.
        """
        key = (tree, lesion) if tree.of_lesion else tree
        found = self.said.get(key)
        if found is None:
            if self.silent is not None and not self.heard & tree.reach:
                found = self.silent.decided(tree, lesion, result)
            else:
                found = self._reasons(tree, lesion if tree.of_lesion else None, result)
            self.said[key] = found
        return found

    def _reasons(self, tree: Part, lesion: int | None, result: Result) -> tuple[Reason, ...]:
        match node := tree.node:
            case And() | Or():
                found = [
                    self.decided(x, lesion, result)
                    for x in tree.parts
                    if self.result(x, lesion) == result
                ]
                return joined(found)
            case Name():
                formula = self.followed(node.name, lesion)
                if formula is not None:
                    return self.decided(formula, lesion, result)
                return self._clause(node.name, node, lesion, result)
            case OneOf() if isinstance(node.a, Name):
                return self._clause(node.a.name, node, lesion, result)
            case Not():
                return self.decided(tree.parts[0], lesion, OPPOSITE[result])
            case IfElse():
                return self._branch_reasons(tree, lesion, result)
            case OverLesions() if node.function in ("any_lesion", "all_lesions"):
                return self._lesion_reasons(tree, result)
            case _:
                label = self.label(lesion) if tree.of_lesion else None
                return (
                    Reason(text=self.phrase(node, lesion, result), result=result, lesion=label),
                )

    def _branch_reasons(self, tree: Part, lesion: int | None, result: Result) -> tuple[Reason, ...]:
        if_, then, else_ = tree.parts
        condition = self.result(if_, lesion)
        found = [self.decided(if_, lesion, condition)]
        for branch, wanted in ((then, "no"), (else_, "yes")):
            if condition != wanted and self.result(branch, lesion) == result:
                found.append(self.decided(branch, lesion, result))
        return joined(found)

    def _lesion_reasons(self, tree: Part, result: Result) -> tuple[Reason, ...]:
        found: list[tuple[Reason, ...]] = []
        counted, *only = tree.parts
        for j in range(self.operations.n):
            inside = self.result(only[0], j) if only else "yes"
            if inside != "no" and self.result(counted, j) == result:
                found.append(self.decided(counted, j, result))
        if not found and result != "yes":
            there = "may be" if self.operations.open else "is"
            return (Reason(text=f"there {there} no such bone lesion", result=result),)
        return joined(found)

    def _clause(
        self, name: str, node: Node, lesion: int | None, result: Result
    ) -> tuple[Reason, ...]:
        """Say what is known of one variable: the same in every condition with the same result."""
        key = name, lesion, result
        if key not in self.said:
            text = self.phrase(node, lesion, result)
            self.said[key] = (Reason(text=text, result=result, lesion=self.label(lesion)),)
        return self.said[key]

    def label(self, lesion: int | None) -> str | None:
        """Give the name of a lesion."""
        return None if lesion is None else self.labels[lesion]

    def followed(self, name: str, lesion: int | None) -> Part | None:
        """Give the condition behind a computed boolean that no event of the record decides."""
        variable = self.pack.variables.get(name)
        if variable is None or variable.type != "boolean" or variable.formula is None:
            return None
        if self.state(name, lesion) == SURE:
            return None
        return self.lineage.of(variable)[("formula",)]

    def phrase(self, node: Node, lesion: int | None, result: Result) -> str:
        """Say a clause with its values."""
        match node:
            case Name():
                return self.boolean_phrase(node.name, result)
            case OneOf() if isinstance(node.a, Name):
                return self.level_phrase(node.a.name, lesion, result)
            case Compare():
                return self.compare_phrase(node, lesion, result)
            case AtLeast():
                return self.at_least_phrase(node, lesion, result)
            case Known():
                title = self.title(node.name)
                return f"{title} is {'known' if result == 'yes' else 'not known'}"
            case OneOf():
                left = self.evaluate(node.a, lesion)
                domain = node.a.type.domain
                levels = [x.replace("_", " ") for i, x in enumerate(domain) if left >> i & 1]
                says = "may be" if result == "unknown" else "is"
                return f"what follows from {self.titles(node.a)} {says} {' or '.join(levels)}"
            case Call():
                said = dict.fromkeys(self.phrase(n, lesion, result) for n in node.items)
                return " or ".join(said)
            case _:
                reasons = self.decided(self.lineage.part(node), lesion, result)
                found = dict.fromkeys(r.text for r in reasons)
                return (", " if result == "unknown" else " and ").join(found)

    def at_least_phrase(self, node: AtLeast, lesion: int | None, result: Result) -> str:
        """Say how many of several conditions hold, and which: only those that decided."""
        own = [(n, self.result(self.lineage.part(n), lesion)) for n in node.items]
        said = {
            r: [self.phrase(n, lesion, r) for n, its in own if its == r]
            for r in ("yes", "no", "unknown")
        }
        if result == "yes":
            return f"at least {node.n} of {len(own)} hold: {'; '.join(said['yes'])}"
        if result == "no":
            return f"fewer than {node.n} of {len(own)} can hold: {'; '.join(said['no'])}"
        held = f"{node.n} of {len(own)} may hold"
        if said["yes"]:
            held = f"{len(said['yes'])} of the {node.n} needed hold ({'; '.join(said['yes'])})"
        return f"{held}; {'; '.join(said['unknown'])}"

    def supposed(self, node: Node, lesion: int | None, *, holds: bool) -> str:
        """Say what would have to hold (or not hold) for an open condition.

        Its open parts only, without the patient's values.
        """
        match node:
            case Not():
                return self.supposed(node.a, lesion, holds=not holds)
            case And() | Or():
                kept = [n for n in node.items if self.is_unsettled(n, lesion)] or list(node.items)
                said = dict.fromkeys(self.supposed(n, lesion, holds=holds) for n in kept)
                return (" and " if isinstance(node, And) == holds else " or ").join(said)
            case Name():
                return self.boolean_phrase(node.name, "yes" if holds else "no")
            case OneOf() if isinstance(node.a, Name):
                every = self.symbol(node.a.name).levels
                wanted = [x for x in every if (x in node.levels) == holds]
                variable = self.pack.variables.get(node.a.name)
                if len(wanted) == 1 and variable is not None and wanted[0] in variable.phrases:
                    return variable.phrases[wanted[0]]
                return f"{self.title(node.a.name)} is {self.levels_words(node.a.name, wanted)}"
            case Compare():
                a, b, words = self.compared(node, "yes" if holds else "no")
                return f"{self.formula_words(a)} is {words} {self.beside(b, a)}"
            case OverLesions() if node.function in ("any_lesion", "all_lesions"):
                parts = self.supposed(node.a, None, holds=True)
                if node.only is not None:
                    parts += f", where {self.supposed(node.only, None, holds=True)}"
                found = {
                    ("any_lesion", True): "at a bone lesion",
                    ("any_lesion", False): "at no bone lesion",
                    ("all_lesions", True): "at every bone lesion",
                    ("all_lesions", False): "not at every bone lesion",
                }[(node.function, holds)]
                return f"{found}: {parts}"
            case AtLeast():
                parts = [self.supposed(n, lesion, holds=True) for n in node.items]
                said = "at least" if holds else "fewer than"
                return f"{said} {node.n} of these hold: {'; '.join(parts)}"
            case IfElse():
                branches = (node.a, node.b)
                said = dict.fromkeys(self.supposed(n, lesion, holds=holds) for n in branches)
                return " or ".join(said)
            case _:
                return f"{self.titles(node)} {'allow' if holds else 'forbid'} it"

    def levels_words(self, name: str, wanted: list[str]) -> str:
        """Say which of a variable's levels, the shortest way.

        "1b or more", "other than alert", "confirmed or suspected".
        """
        symbol = self.symbol(name)
        texts = [self.level_text(name, x) for x in wanted]
        if len(wanted) > 1 and symbol.ordered and wanted == list(symbol.levels[-len(wanted) :]):
            return f"{texts[0]} or more"
        if len(wanted) > 1 and symbol.ordered and wanted == list(symbol.levels[: len(wanted)]):
            return f"at most {texts[-1]}"
        if 2 < len(wanted) == len(symbol.levels) - 1:
            other = next(x for x in symbol.levels if x not in wanted)
            return f"other than {self.level_text(name, other)}"
        return " or ".join(texts)

    def is_unsettled(self, node: Node, lesion: int | None) -> bool:
        """Say whether a condition is open; one of a lesion that is not named counts as open."""
        if lesion is None and node.entity == "lesion":
            return True
        return self.result(self.lineage.part(node), lesion) == "unknown"

    def title(self, name: str) -> str:
        """Give the shown name of a variable."""
        return self.lineage.titles[name]

    def titles(self, node: Node) -> str:
        """Give the shown names of a node's variables."""
        return " and ".join(self.title(n) for n in self.trees.names(node))

    def boolean_phrase(self, name: str, result: Result) -> str:
        """Say a finding as its variable words it: "cannot stand", "nausea: no"."""
        variable = self.pack.variables.get(name)
        phrases = variable.phrases if variable is not None else {}
        if result == "unknown":
            return f"{self.title(name)}: not known"
        return phrases.get(result) or f"{self.title(name)}: {result}"

    def level_text(self, name: str, level: str) -> str:
        """Give the shown text of a level."""
        variable = self.pack.variables.get(name)
        shown = variable.names.get(level) if variable is not None else None
        if shown is None:
            score = self.lineage.givers.get(name)
            shown = score.names.get(level) if score is not None else None
        return shown or level.replace("_", " ")

    def levels_left(self, name: str, lesion: int | None) -> tuple[str, ...]:
        """Give the levels that a variable may still have."""
        mask, symbol = self.value(name, lesion), self.symbol(name)
        return tuple([level for i, level in enumerate(symbol.levels) if mask >> i & 1])

    def level_phrase(self, name: str, lesion: int | None, result: Result) -> str:
        """Say which levels a variable has or may have: "primary site is breast"."""
        variable = self.pack.variables.get(name)
        left = self.levels_left(name, lesion)
        if len(left) == 1 and variable is not None and left[0] in variable.phrases:
            return variable.phrases[left[0]]
        title, symbol = self.title(name), self.symbol(name)
        if len(left) == len(symbol.levels):
            return f"{title}: not known"
        shown = " or ".join(self.level_text(name, level) for level in left)
        return f"{title} is {shown}" if result != "unknown" else f"{title} may be {shown}"

    def compared(self, node: Compare, result: Result) -> tuple[Node, Node, str]:
        """Give both sides of a comparison and the words between them.

        The number that is judged first, its edge second.
        """
        a, b, op = node.a, node.b, node.op
        if isinstance(a, Number) or (self.is_limit(a) and not self.is_limit(b)):
            a, b, op = b, a, {"<": ">", "<=": ">=", ">": "<", ">=": "<="}.get(op, op)
        if result == "no":
            op = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}[op]
        dates = a.type.kind == "date" or b.type.kind == "date"
        words = {
            "<": "before" if dates else "below",
            "<=": "not after" if dates else "at most",
            ">": "after" if dates else "above",
            ">=": "not before" if dates else "at least",
            "==": "exactly",
            "!=": "other than",
        }[op]
        return a, b, words

    def is_limit(self, node: Node) -> bool:
        """Say whether a node is a laboratory's own limit."""
        variable = self.pack.variables.get(node.name) if isinstance(node, Name) else None
        if variable is None or variable.with_ is None:
            return False
        return variable.with_.take in ("lower_limit", "upper_limit")

    def compare_phrase(self, node: Compare, lesion: int | None, result: Result) -> str:
        """Say a comparison with its values; where nothing is known, with its question."""
        a, b, words = self.compared(node, result)
        left = self.quantity(a, lesion)
        if result != "unknown":
            return f"{left} is {words} {self.beside(b, a, lesion, value=True)}"
        if self.is_boundless(a, lesion):
            label = self.formula_words(a)
            value = not self.is_boundless(b, lesion)
            return f"{label}: not known (is it {words} {self.beside(b, a, lesion, value=value)}?)"
        if self.is_boundless(b, lesion):
            return f"{self.beside(b, a).removeprefix('the ')}: not known (is {left} {words} it?)"
        return f"{left} may be {words} {self.beside(b, a, lesion, value=True)}"

    def is_boundless(self, node: Node, lesion: int | None) -> bool:
        """Say whether nothing at all is known of a number or date."""
        if isinstance(node, Number | IndexDate):
            return False
        return tuple(self.evaluate(node, lesion)) == (-INF, INF)

    def beside(
        self, node: Node, other: Node, lesion: int | None = None, *, value: bool = False
    ) -> str:
        """Say the edge that a number is compared with.

        A constant in the number's own unit, a limit, another number.
        """
        if isinstance(node, Number):
            unit = self.symbol(other.name).unit if isinstance(other, Name) else None
            return f"{node.value:.10g}" + ("" if unit in (None, "1") else f" {unit_shown(unit)}")
        if isinstance(node, IndexDate):
            return "the index date"
        label = self.formula_words(node)
        if self.is_limit(node):
            label = f"the {label}"
        return f"{label} ({self.value_text(node, lesion)})" if value else label

    def quantity(self, node: Node, lesion: int | None) -> str:
        """Say a number or date with its value: "albumin-corrected calcium 3.12 mmol/L"."""
        if isinstance(node, Number | IndexDate):
            return self.beside(node, node)
        if isinstance(node, Name):
            return f"{self.title(node.name)} {self.value_text(node, lesion)}"
        return f"{self.formula_words(node)} ({self.value_text(node, lesion)})"

    def value_text(self, node: Node, lesion: int | None) -> str:
        """Give the value of a number or date, or of a formula, as shown."""
        if isinstance(node, Name):
            return self.number_text(node.name, lesion)
        low, high = self.evaluate(node, lesion)
        return date_text(low, high) if node.type.kind == "date" else interval_text(low, high, 2)

    def formula_words(self, node: Node) -> str:
        """Say a formula by its names.

        "creatinine − creatinine before the bone medicine was started".
        """
        match node:
            case Name():
                return self.title(node.name)
            case Number():
                return f"{node.value:.10g}"
            case IndexDate():
                return "the index date"
            case Arithmetic():
                sign = {"+": "+", "-": "−", "*": "×", "/": "/"}[node.op]
                a, b = (
                    f"({self.formula_words(n)})"
                    if isinstance(n, Arithmetic)
                    else self.formula_words(n)
                    for n in (node.a, node.b)
                )
                return f"{a} {sign} {b}"
            case Between():
                a, b = self.formula_words(node.a), self.formula_words(node.b)
                return f"{node.function.split('_')[0]} from {a} to {b}"
            case CountAlerts():
                return f"the number of alerts of the class {node.urgency.replace('_', ' ')}"
            case OverLesions():
                what = {
                    "count": "the number of bone lesions with",
                    "max": "the largest",
                    "min": "the smallest",
                    "sum": "the sum of",
                }
                return f"{what[node.function.split('_')[0]]} {self.titles(node)}"
            case _:
                return f"a value of {self.titles(node)}"

    def number_text(self, name: str, lesion: int | None) -> str:
        """Give a number as shown: with its unit, never rounded across an edge."""
        low, high = self.value(name, lesion)
        symbol, variable = self.symbol(name), self.pack.variables.get(name)
        if symbol.kind == "date":
            return date_text(low, high)
        decimals = variable.decimals if variable is not None else 0
        return numbers_text(low, high, decimals, symbol.unit, self.trees.compared_with(name))

    # what is missing -----------------------------------------------------------------------------

    def missing(self, tree: Part, lesion: int | None) -> tuple[str, ...]:
        """Give the observed variables behind the unknown clauses of a condition."""
        if tree.is_condition and self.result(tree, lesion) != "unknown":
            return ()
        key = (tree, lesion) if tree.of_lesion else tree
        found = self.open_behind.get(key)
        if found is None:
            whose = self.stranger(tree) or self
            found = whose._missing(tree, lesion if tree.of_lesion else None)
            self.open_behind[key] = found
        return found

    def _missing(self, tree: Part, lesion: int | None) -> tuple[str, ...]:
        match tree.node:
            case And() | Or() | AtLeast() | Not():
                return joined([self.missing(x, lesion) for x in tree.parts])
            case OverLesions():
                each = range(self.operations.n)
                return joined([self.missing(x, j) for j in each for x in tree.parts])
            case Known():
                return ()
            case _:
                found: dict[str, None] = {}
                for name in tree.names:
                    for j in self.places(name, lesion):
                        self.missing_of(name, j, found)
                return tuple(found)

    def places(self, name: str, lesion: int | None) -> Iterable[int | None]:
        """Give the lesions at which a variable is looked at: from the patient's side, all."""
        if lesion is None and self.symbol(name).entity == "lesion":
            return range(self.operations.n)
        return (lesion,)

    def missing_of(self, name: str, lesion: int | None, found: dict[str, None]) -> None:
        """Add what is missing behind a variable that is open."""
        if name in found:
            return
        key = name, self.where(name, lesion)
        if key not in self.lacking:
            own: dict[str, None] = {}
            self._missing_of(*key, own)
            self.lacking[key] = own
        found |= self.lacking[key]

    def _missing_of(self, name: str, where: int | None, found: dict[str, None]) -> None:
        if not self.is_open(name, where):
            return
        origins = self.lineage.behind[name] if self.state(name, where) != SURE else ()
        variable = self.pack.variables.get(name)
        itself = variable is not None and variable.ask and variable.table_of is None
        if not origins or (itself and not self.heard_of(origins, where)):
            found[name] = None
            return
        for origin in origins:
            for j in self.places(origin, where):
                self.missing_of(origin, j, found)
        if not found and (itself or self.state(name, where) == PERHAPS):
            found[name] = None  # what it follows from is known, and leaves it open

    def heard_of(self, origins: tuple[str, ...], lesion: int | None) -> bool:
        """Say whether anything is known of the variables that a computed one follows from.

        If not, ask for the thing itself.
        """
        for name in origins:
            where = self.where(name, lesion)
            known = (name, where) in self.values
            if known and (self.state(name, where) > NONE or not self.is_open(name, where)):
                return True
            inner = self.lineage.behind[name] if self.state(name, where) != SURE else ()
            if inner and self.heard_of(inner, where):
                return True
        return False


def joined(found: Sequence[tuple[T, ...]]) -> tuple[T, ...]:
    """Put what was found one after the other, each once."""
    if len(found) < 2:
        return found[0] if found else ()
    return tuple(dict.fromkeys(chain.from_iterable(found)))
