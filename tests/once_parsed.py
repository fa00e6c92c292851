"""Expressions parsed once in one run: the packs of the tests are alike but for a few of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from msgspec.structs import replace

from bonemets import expression
from bonemets.expression import Node, Symbol

WORD = re.compile(r"[a-z][a-z0-9_]*")


@lru_cache(maxsize=20_000)
def words(text: str) -> tuple[str, ...]:
    """Every word that an expression may take for a name."""
    return tuple(dict.fromkeys(WORD.findall(text)))


@lru_cache(maxsize=20_000)
def parsed(text: str, named: tuple[Symbol | None, ...], how: tuple[Any, ...]) -> Node:
    """Parse a text in which its words mean this; what does not hold is not kept."""
    known = {name: x for name, x in zip(words(text), named, strict=True) if x is not None}
    return expression.parse(text, known, **dict(how))


def parse(text: str, symbols: Mapping[str, Symbol], **how: Any) -> Node:
    """Parse as `expression.parse` does; what is wrong is told by itself, which knows all names."""
    named = (symbols.get(name) for name in words(text))
    placeless = tuple(x and replace(x, where="") for x in named)  # it stands in messages alone
    try:
        return parsed(text, placeless, tuple(how.items()))
    except expression.BadExpression:
        return expression.parse(text, symbols, **how)
