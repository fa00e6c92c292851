"""Conditions and formulas -> words, without any patient: what has to hold, as a list.

The words of single clauses are those of `explain`, so that a page of the reference and the reasons
in a report read alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bonemets.explain import Patient
from bonemets.expression import (
    And,
    Arithmetic,
    AtLeast,
    Between,
    Call,
    Compare,
    IfElse,
    Known,
    LevelName,
    Name,
    Negative,
    Node,
    Not,
    Number,
    OneOf,
    Or,
    OverLesions,
    Power,
)
from bonemets.pack.trees import Trees
from bonemets.renderers.words import number
from bonemets.values import Scalars

Points = list[tuple[int, str]]
"""Lines of a list, each with how deep it stands."""

SIGNS: Final = {"+": "+", "-": "−", "*": "×", "/": "/"}
FUNCTIONS: Final = {
    "abs": "the size of",
    "exp": "e to the power of",
    "log": "the natural logarithm of",
    "min": "the smallest of",
    "max": "the largest of",
}
OVER: Final = {
    "max": "the largest of all lesions of",
    "min": "the smallest of all lesions of",
    "sum": "the sum over all lesions of",
    "count": "the number of lesions with",
}
LONGEST: Final = 300
"""A formula whose words are longer than this is not said: the words would hide it."""
MOST_LEVELS: Final = 4
"""Where more levels are meant than this, the others are named."""
LESIONS: Final = {
    ("any", True): "at a lesion",
    ("any", False): "at no lesion",
    ("all", True): "at every lesion",
    ("all", False): "not at every lesion",
}


class Conditions:
    """Says the expressions of one pack."""

    def __init__(self, trees: Trees) -> None:
        """Take the trees of the pack."""
        self.trees = trees
        self.patient = Patient(
            pack=trees.pack,
            trees=trees,
            index=0.0,
            values={},
            recorded={},
            operations=Scalars(),
            labels=(),
        )
        """Somebody of whom nothing is known: whose words for names, levels and edges are used."""

    def title(self, name: str) -> str:
        """Give the shown name of a variable, or of what a score gives."""
        score = self.patient.lineage.givers.get(name)
        if score is None or name in self.trees.pack.variables:
            return self.patient.title(name)
        return f"{score.title}, {'total' if score.gives.total == name else 'band'}"

    def points(self, node: Node, *, holds: bool = True, depth: int = 0) -> Points:
        """Say a condition as a list: "all of these:" and what stands beneath."""
        match node:
            case Not():
                return self.points(node.a, holds=not holds, depth=depth)
            case And() | Or():
                head = "all of these:" if isinstance(node, And) == holds else "any of these:"
                return self.beneath(head, node.items, holds, depth)
            case AtLeast():
                head = f"{'at least' if holds else 'fewer than'} {node.n} of these:"
                return self.beneath(head, node.items, True, depth)
            case OverLesions() if node.function in ("any_lesion", "all_lesions"):
                head = LESIONS[(node.function[:3], holds)]
                if node.only is not None:
                    head += f" (of those with: {self.line(node.only)})"
                inner = self.points(node.a, depth=depth)
                first = f"{head}: {inner[0][1]}"
                return [(depth, first), *inner[1:]]
            case IfElse():
                found: Points = [(depth, f"where {self.line(node.c)}:")]
                found += self.points(node.a, holds=holds, depth=depth + 1)
                found.append((depth, "otherwise:"))
                return found + self.points(node.b, holds=holds, depth=depth + 1)
            case _:
                return [(depth, self.clause(node, holds))]

    def beneath(self, head: str, items: Sequence[Node], holds: bool, depth: int) -> Points:
        """Say a head, and the parts beneath it."""
        found: Points = [(depth, head)]
        for item in items:
            found += self.points(item, holds=holds, depth=depth + 1)
        return found

    def line(self, node: Node, *, holds: bool = True, within: bool = False) -> str:
        """Say a condition in one line; `within`: as a part of a larger one, so in brackets."""
        match node:
            case Not():
                return self.line(node.a, holds=not holds, within=within)
            case And() | Or():
                word = " and " if isinstance(node, And) == holds else " or "
                said = word.join(self.line(n, holds=holds, within=True) for n in node.items)
                return f"({said})" if within else said
            case AtLeast():
                said = "; ".join(self.line(n) for n in node.items)
                return f"{'at least' if holds else 'fewer than'} {node.n} of ({said})"
            case OverLesions() if node.function in ("any_lesion", "all_lesions"):
                head = LESIONS[(node.function[:3], holds)]
                only = f", of those with {self.line(node.only, within=True)}" if node.only else ""
                return f"{head}{only}: {self.line(node.a, within=True)}"
            case IfElse():
                a, b = (self.line(n, holds=holds, within=True) for n in (node.a, node.b))
                return f"(where {self.line(node.c)}: {a}; otherwise: {b})"
            case _:
                return self.clause(node, holds)

    def clause(self, node: Node, holds: bool) -> str:
        """Say one clause that has no parts."""
        match node:
            case Name():
                phrase = self.patient.boolean_phrase(node.name, "yes" if holds else "no")
                return phrase.removesuffix(": yes")
            case OneOf() if isinstance(node.a, Name):
                return self.levels(node.a.name, node.levels, holds)
            case OneOf():
                levels = [x for x in node.a.type.domain if (x in node.levels) == holds]
                return f"({self.value(node.a)}) is {' or '.join(levels)}"
            case Compare():
                a, b, words = self.patient.compared(node, "yes" if holds else "no")
                return f"{self.value(a)} is {words} {self.beside(b, a)}"
            case Known():
                return f"{self.title(node.name)} is {'known' if holds else 'not known'}"
            case Call():  # `either` of two conditions
                said = " or ".join(dict.fromkeys(self.line(n) for n in node.items))
                return f"one of these two, and it is open which: {said}"
            case _:
                return f"{self.value(node)}: {'yes' if holds else 'no'}"

    def levels(self, name: str, kept: tuple[str, ...], holds: bool) -> str:
        """Say that a level variable has one of some levels."""
        every = self.patient.symbol(name).levels
        wanted = [x for x in every if (x in kept) == holds]
        others = [x for x in every if x not in wanted]
        variable = self.trees.pack.variables.get(name)
        if len(wanted) == 1 and variable is not None and wanted[0] in variable.phrases:
            return variable.phrases[wanted[0]]
        if self.patient.symbol(name).ordered:
            return f"{self.title(name)} is {self.patient.levels_words(name, wanted)}"
        several = len(wanted) > MOST_LEVELS and len(others) < len(wanted)
        said = [self.patient.level_text(name, x) for x in (others if several else wanted)]
        return f"{self.title(name)} is {'not ' if several else ''}{listed(said, 'or')}"

    def beside(self, edge: Node, judged: Node) -> str:
        """Say the edge that a number is judged by, in the number's unit."""
        simple = isinstance(edge, Number) or self.patient.is_limit(edge)
        return self.patient.beside(edge, judged) if simple else self.value(edge)

    def value(self, node: Node) -> str:
        """Say a formula of a number or a date in one line."""
        match node:
            case Name():
                return self.title(node.name)
            case Number():
                return number(node.value).replace("-", "−")
            case LevelName():
                return node.name.replace("_", " ")
            case Arithmetic():
                a, b = (self.bracketed(n) for n in (node.a, node.b))
                return f"{a} {SIGNS[node.op]} {b}"
            case Negative():
                return f"−{self.bracketed(node.a)}"
            case Power():
                exponent = number(node.exponent).replace("-", "−")
                return f"{self.bracketed(node.a)} to the power of {exponent}"
            case Call() if node.function == "either":
                return f"({' or '.join(map(self.value, node.items))}, and it is open which)"
            case Call():
                parts = listed([self.value(n) for n in node.items], "and")
                return f"{FUNCTIONS[node.function]} {parts}"
            case Between():
                a, b = self.value(node.a), self.value(node.b)
                return f"the {node.function.split('_')[0]} from {a} to {b}"
            case OverLesions():
                what = node.function.split("_")[0]
                inner = self.line(node.a) if what == "count" else self.value(node.a)
                only = f", of those with {self.line(node.only)}" if node.only else ""
                return f"{OVER[what]} {inner}{only}"
            case IfElse():
                return (
                    f"({self.value(node.a)} if {self.line(node.c)}, otherwise {self.value(node.b)})"
                )
            case _ if node.type.kind == "boolean":
                return self.line(node)
            case _:
                return self.patient.formula_words(node)

    def bracketed(self, node: Node) -> str:
        """Say a part of a formula: in brackets where it has parts itself."""
        compound = isinstance(node, Arithmetic | Call | Power | Between | OverLesions | Negative)
        return f"({self.value(node)})" if compound else self.value(node)

    def formula(self, node: Node, *, depth: int = 0) -> Points:
        """Say a formula: one line, or a line for each of its cases."""
        if node.type.kind == "boolean":
            return self.points(node, depth=depth)
        if not depth and len(self.value(node)) > LONGEST and not isinstance(node, IfElse):
            names = listed([self.title(n) for n in self.trees.names(node)], "and")
            return [(depth, f"a formula of {names}, as written below")]
        found: Points = []
        while isinstance(node, IfElse):
            found += self.case(node.a, f"if {self.line(node.c)}", depth)
            node = node.b
        return found + self.case(node, "otherwise" if found else "", depth)

    def case(self, node: Node, when: str, depth: int) -> Points:
        """Say one case of a formula: its value and when it holds."""
        if isinstance(node, IfElse):
            return [(depth, f"{when}:"), *self.formula(node, depth=depth + 1)]
        return [(depth, f"{self.value(node)}{', ' if when else ''}{when}")]


def listed(said: Sequence[str], word: str) -> str:
    """Join texts: "a, b or c"."""
    return f" {word} ".join([", ".join(said[:-1]), said[-1]] if len(said) > 1 else said)
