"""What of the letter cannot be: things that nobody knows, words that nothing fills or names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from bonemets.documents import Path
from bonemets.expression import And, AtLeast, Name, Node, Not, OneOf, Or, Symbol, names, walk
from bonemets.pack.items import Branches, Letter, Opening
from bonemets.pack.notes import Note, did_you_mean
from bonemets.pack.trees import Trees

FILLED: Final = re.compile(r"\{[^}]*\}")
WORD: Final = re.compile(r"[\w./+-]+")
ANY: Final = "*"
LIMIT: Final = re.compile(r"(?:below|above) (?:(\d+(?:\.\d+)?)|([a-z]\w*))")
"""A limit of a number: of itself, or of the variable of a limit."""
NUMBER: Final = re.compile(r"(?P<name>\w+) (?P<side>below|from) (?P<limit>\d+(?:\.\d+)?)")
"""Where a number lies that a reason is told by."""


def name_of(condition: str) -> str:
    """Give the variable of what a reason is told by: `NAME`, `NAME == LEVEL`, `NAME below 30`."""
    return condition.partition(" ")[0]


class Reader:
    """Checks the letter of a pack."""

    def __init__(self, trees: Trees, unbuilt: frozenset[str], laid: frozenset[str]) -> None:
        """Take the pack, what has a fault of its own in the files, and what is laid over ours.

        What is laid over may say otherwise: our words then simply do not fit.
        """
        self.trees, self.pack, self.unbuilt, self.laid = trees, trees.pack, unbuilt, laid

    def notes(self, letter: Letter, *, clauses: bool) -> Iterator[Note]:
        """Give what is wrong, with its place.

        `clauses`: also of what is told of their reasons, for which their conditions have to hold.
        """
        for index, line in enumerate(letter.opening):
            yield from self.opening(("opening", index), line)
        folders = set(self.pack.folders.values())
        for title, listed in letter.topics.items():
            for index, folder in enumerate(listed):
                if folder not in folders:
                    mend = did_you_mean(folder, folders, "Mend the name.")
                    message = f"`{folder}` is no folder. {mend}"
                    yield Note(("topics", title, index), "unknown-folder", message)
        for index, branches in enumerate(letter.branches if clauses else ()):
            yield from self.branches(("branches", index), branches)

    def unknown(self, path: Path, others: Iterable[str]) -> Iterator[Note]:
        """Name what is no variable."""
        for other in others:
            if other not in self.trees.symbols and other not in self.unbuilt:
                mend = did_you_mean(other, self.trees.symbols, "Define it, or mend the name.")
                yield Note(path, "unknown-variable", f"`{other}` is not a variable. {mend}")

    def opening(self, path: Path, line: Opening) -> Iterator[Note]:
        """Check that a line tells things there are, all of the patient or all of a lesion."""
        entities: set[str] = set()
        for name in line.tell:
            place = (*path, "tell", name)
            score, symbol = self.pack.scores.get(name), self.trees.symbols.get(name)
            if score is None and symbol is None:
                yield from self.unknown(place, [name])
            else:
                entities.add(score.entity if score is not None else getattr(symbol, "entity", ""))
                yield from self.worded(place, name, line.tell[name])
        if len(entities) > 1:
            message = "it tells of the patient and of a lesion. Make two lines of it."
            yield Note((*path, "tell"), "mixed-entities", message, key=True)
        every = [*line.beneath.items(), *((x, ()) for x in line.lasting)]
        for name, over in every:
            for other in {name, *over} - set(line.tell):
                message = f"`{other}` is not told here. Tell it, or remove it."
                place = ("beneath", name) if name in line.beneath else ("lasting",)
                yield Note((*path, *place), "unknown-variable", message)

    def worded(self, place: Path, name: str, words: str | dict[str, str]) -> Iterator[Note]:
        """Check that words are of levels there are, and can be filled."""
        filled = ["{total}", "{band}"] if name in self.pack.scores else ["{value}"]
        if not isinstance(words, str):
            symbol = self.trees.symbols.get(name)
            levels = self.levels(symbol, words)
            for level in set(words) - {*levels, ANY}:
                mend = did_you_mean(level, levels, f'Name one of them, or `"{ANY}"`.')
                yield Note(place, "unknown-level", f"`{level}` is no level of `{name}`. {mend}")
        for said in (words,) if isinstance(words, str) else words.values():
            for place_name in set(FILLED.findall(said)) - set(filled):
                mend = f"Write `{'` or `'.join(filled)}`."
                yield Note(place, "unknown-place", f"nothing fills `{place_name}` here. {mend}")

    def levels(self, symbol: Symbol | None, words: Iterable[str]) -> tuple[str, ...]:
        """Give what words may stand by: levels, yes and no, or of a number the limits named."""
        if symbol is None or symbol.levels:
            return symbol.levels if symbol is not None else ()
        if symbol.kind == "boolean":
            return ("yes", "no")
        return tuple(
            x
            for x in words
            if (found := LIMIT.fullmatch(x)) and (found[1] or self.is_limit(found[2], symbol))
        )

    def is_limit(self, name: str, of: Symbol) -> bool:
        """Say whether a variable is a number of the patient in the unit of another."""
        limit = self.trees.symbols.get(name)
        return limit is not None and limit.entity == "patient" and limit.unit == of.unit

    def branches(self, path: Path, branches: Branches) -> Iterator[Note]:
        """Check that the words stand in some clause, and that no reason of it is left out."""
        for words, variables in branches.told.items():
            place = (*path, "told", words)
            for variable in variables:
                name, _, level = variable.partition(" == ")
                name = name if NUMBER.fullmatch(name) is None else name_of(name)
                yield from self.unknown(place, [name])
                symbol = self.trees.symbols.get(name)
                if level and symbol is not None and level not in symbol.levels:
                    mend = did_you_mean(level, symbol.levels, "Name one of its levels.")
                    message = f"`{level}` is no level of `{name}`. {mend}"
                    yield Note(place, "unknown-level", message)
            for word in set(WORD.findall(words.lower())) - set(WORD.findall(branches.text.lower())):
                message = f"`{word}` does not stand in the text. Take its words."
                yield Note(place, "other-words", message, key=True)
        conditions = {x for variables in branches.told.values() for x in variables}
        listed = set(map(name_of, conditions))
        found = bool(self.laid)
        for option in self.pack.options.values():
            if option.id in self.laid:
                continue
            for readings in self.trees.read_by(option).values():
                for reading in readings:
                    if branches.text not in reading.clause.why:
                        continue
                    found = True
                    for lacking in (
                        *self.untold(reading.tree, listed),
                        *levels_untold(reading.tree, conditions),
                    ):
                        message = (
                            f"`{option.id}` may hold by {lacking} alone, and no words here tell "
                            "of it. Add them, or the variable."
                        )
                        yield Note((*path, "text"), "untold-branch", message)
        if not found:
            message = "no clause says this. Mend the words, or remove them."
            yield Note((*path, "text"), "unused-words", message)

    def untold(
        self, node: Node, listed: set[str], seen: frozenset[str] = frozenset()
    ) -> Iterator[str]:
        """Name each branch of an `or` of which no variable is listed, beside others that are.

        What may hold in part is like one: `at_least`, and an `and` whose contrary is asked for.
        `seen`: the variables that led here (a circle is a fault of its own).
        """
        for part in walk(node):
            if isinstance(part, Or | And | AtLeast) and not (
                isinstance(part, And) and part not in negated(node)
            ):
                told = [bool(self.behind(x) & listed) for x in part.items]
                if any(told):
                    for item, is_told in zip(part.items, told, strict=True):
                        if not is_told:
                            yield " and ".join(f"`{x}`" for x in sorted(names(item)))
            elif isinstance(part, Name) and part.name not in listed | seen:
                formula = self.formula(part.name)
                if formula is not None:
                    yield from self.untold(formula, listed, seen | {part.name})

    def formula(self, name: str) -> Node | None:
        """Give what a variable is computed from, if it is."""
        variable = self.pack.variables.get(name)
        return self.trees.of(variable).get(("formula",)) if variable is not None else None

    def behind(self, node: Node) -> set[str]:
        """Give the variables that a condition names, and those that these are computed from."""
        found: set[str] = set()
        todo = list(names(node))
        while todo:
            name = todo.pop()
            if name not in found:
                found.add(name)
                formula = self.formula(name)
                todo += names(formula) if formula is not None else ()
        return found


def negated(node: Node) -> list[Node]:
    """Give what stands right beneath a `not`."""
    return [part.a for part in walk(node) if isinstance(part, Not)]


def levels_untold(node: Node, conditions: set[str]) -> Iterator[str]:
    """Name each level by which a condition may hold that is not told, beside others that are."""
    for part in walk(node):
        if isinstance(part, OneOf) and isinstance(part.a, Name):
            name = part.a.name
            told = {x.partition(" == ")[2] for x in conditions if x.startswith(f"{name} == ")}
            for level in part.levels:
                if told and name not in conditions and level not in told:
                    yield f"`{name} == {level}`"
