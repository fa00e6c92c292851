"""Events and variables as of an index date -> facts (design.md, "From events to facts, pinned")."""
