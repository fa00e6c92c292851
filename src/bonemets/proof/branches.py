"""The ways in which a condition can hold: with which a part of it that never counts is found."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from bonemets.expression import (
    BOOLEAN,
    And,
    AtLeast,
    IfElse,
    Name,
    Node,
    Not,
    OneOf,
    Or,
    OverLesions,
    together,
)


def ways(tree: Node, text: str) -> Iterator[tuple[str, Node]]:
    """Give each alternative of a condition, as written, and the condition that rests on it alone.

    An alternative of an `or`, a level of a set, one of the conditions of an `at_least`. It never
    counts if that condition cannot hold: the rest of the text rules it out.
    """
    match tree:
        case Or():
            for part in tree.items:
                yield written(part, text), part
                yield from ways(part, text)
        case And():
            for n, part in enumerate(tree.items):
                for label, other in ways(part, text):
                    items = (*tree.items[:n], other, *tree.items[n + 1 :])
                    yield label, replace(tree, items=items)
        case Not(a=And() as inner):
            for part in inner.items:
                yield f"not {written(part, text)}", Not(type=BOOLEAN, entity=part.entity, a=part)
        case OneOf() if tree.written == "in" and len(tree.levels) > 1:
            for level in tree.levels:
                yield f"{level} of {written(tree, text)}", replace(tree, levels=(level,))
        case AtLeast():
            for part in tree.items:
                yield written(part, text), both(tree, part)
        case OverLesions(function="any_lesion"):
            for label, other in ways(tree.a, text):
                yield label, replace(tree, a=other)
            for label, other in ways(tree.only, text) if tree.only is not None else ():
                yield label, replace(tree, only=other)
        case _:
            pass


def branches(tree: Node, text: str) -> Iterator[tuple[str, Node]]:
    """Give each branch of a formula `a if c else b if d else e`, and when it is taken."""
    path: list[Node] = []
    while isinstance(tree, IfElse):
        yield written(tree.a, text), both(*path, tree.c)
        path.append(Not(type=BOOLEAN, entity=tree.c.entity, a=tree.c))
        tree = tree.b
    if path:
        yield f"{written(tree, text)} (else)", both(*path)


def both(*parts: Node) -> Node:
    """Join conditions: all of them."""
    return parts[0] if len(parts) == 1 else And(type=BOOLEAN, entity=together(parts), items=parts)


def written(node: Node, text: str) -> str:
    """Give a part of a text as it is written, on one line."""
    start, end = node.at
    shown = " ".join(text[start:end].split())
    return shown or (node.name if isinstance(node, Name) else type(node).__name__)
