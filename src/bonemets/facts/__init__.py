"""Events and variables as of an index date -> facts (design.md, "From events to facts, pinned")."""

from bonemets.facts.select import Selection, Selector

__all__ = ["Selection", "Selector"]
