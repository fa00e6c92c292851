"""Whether a condition holds at least wherever another does, judged by its form alone.

An alert may be laid over so that it fires more often, never less: what cannot be proven here is
named as weaker.
"""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from bonemets.expression import And, Compare, Comparison, Node, Not, Number, OneOf, Or

UP: Final = (">=", ">")
DOWN: Final = ("<=", "<")
MIRRORED: Final[dict[Comparison, Comparison]] = {
    "<": ">",
    "<=": ">=",
    ">": "<",
    ">=": "<=",
    "==": "==",
    "!=": "!=",
}


def widens(before: Node, after: Node) -> bool:
    """Say whether `after` provably is at least as true as `before`, whatever the facts.

    Known by form: the same condition; a threshold moved, or an edge included, on the side that
    lets more through; a level more in a set; an alternative more; a demand less.
    """
    if before == after:
        return True
    if isinstance(before, Or) or isinstance(after, Or):
        wider = after.items if isinstance(after, Or) else (after,)
        return all(any(widens(b, a) for a in wider) for b in alternatives(before))
    if isinstance(before, And) or isinstance(after, And):
        narrower = before.items if isinstance(before, And) else (before,)
        return all(any(widens(b, a) for b in narrower) for a in demands(after))
    match before, after:
        case Not(), Not():
            return widens(after.a, before.a)
        case OneOf(), OneOf():
            return before.a == after.a and set(before.levels) <= set(after.levels)
        case Compare(), Compare():
            return lets_more_through(turned(before), turned(after))
        case _:
            return False


def alternatives(node: Node) -> tuple[Node, ...]:
    """Give the alternatives of an `or`; another condition is its only one."""
    return tuple(node.items) if isinstance(node, Or) else (node,)


def demands(node: Node) -> tuple[Node, ...]:
    """Give the demands of an `and`; another condition is its only one."""
    return tuple(node.items) if isinstance(node, And) else (node,)


def turned(node: Compare) -> Compare:
    """Write a comparison with its number on the right."""
    if not isinstance(node.a, Number):
        return node
    return replace(node, op=MIRRORED[node.op], a=node.b, b=node.a)


def lets_more_through(before: Compare, after: Compare) -> bool:
    """Compare two thresholds of the same thing: is the second passed wherever the first is?"""
    old, new = before.b, after.b
    if before.a != after.a or not isinstance(old, Number) or not isinstance(new, Number):
        return False
    for side, sign in ((UP, 1.0), (DOWN, -1.0)):
        if before.op in side and after.op in side:
            same_edge = old.value == new.value and (before.op == after.op or after.op == side[0])
            return same_edge or sign * new.value < sign * old.value
    return False
