"""Plain values -> typed items, by the type hints of `items`.

Every misfit is a fault at its place.
"""

from __future__ import annotations

import difflib
import types
import typing
from functools import cache
from typing import Any, Literal, get_args, get_origin, get_type_hints

from msgspec import Struct
from msgspec.structs import FieldInfo, fields

from bonemets.documents import Document, Path
from bonemets.errors import Fault

_HINTS: dict[type, dict[str, Any]] = {}
_PARTS: dict[type, tuple[FieldInfo, ...]] = {}


def hints(kind: type) -> dict[str, Any]:
    """Give the resolved type hints of a struct, without its class variables."""
    if kind not in _HINTS:
        resolved = get_type_hints(kind)
        _HINTS[kind] = {entry.name: resolved[entry.name] for entry in parts_of(kind)}
    return _HINTS[kind]


def parts_of(kind: type) -> tuple[FieldInfo, ...]:
    """Give the fields of a struct; looked up once (msgspec resolves its annotations each time)."""
    if kind not in _PARTS:
        _PARTS[kind] = fields(kind)
    return _PARTS[kind]


def key_of(field_name: str) -> str:
    """Give the key in a file for a field: `from_` is written `from`."""
    return field_name.rstrip("_")


@cache
def keys(kind: type, skip: frozenset[str]) -> dict[str, tuple[str, Any]]:
    """Give what stands in a file for a struct: each key with its field and type hint."""
    return {key_of(name): (name, hint) for name, hint in hints(kind).items() if name not in skip}


class Builder:
    """Build structs from a document, collecting faults."""

    def __init__(self, document: Document) -> None:
        """Work on one document."""
        self.document = document
        self.faults: list[Fault] = []

    def fault(self, path: Path, code: str, message: str, *, key: bool = False) -> None:
        """Note one fault."""
        self.faults.append(self.document.fault(path, code, message, key=key))

    def build(
        self,
        kind: type,
        value: Any,
        path: Path,
        skip: frozenset[str] = frozenset(),
        *,
        ordered: bool = False,
    ) -> Any:
        """Build one struct.

        `skip` names fields that the caller sets; `ordered`: its keys stand in the order of its
        fields, as those of an item do. Gives None where something is wrong.
        """
        if not isinstance(value, dict):
            self.fault(
                path,
                "wrong-shape",
                f"a table of keys is wanted here ({', '.join(self._keys(kind)[:6])}, …).",
            )
            return None
        wanted = keys(kind, skip)
        known = typing.cast("dict[str, Any]", value)
        arguments: dict[str, Any] = {}
        fine = True
        order: list[str] = []
        for key, inner in known.items():
            if key not in wanted:
                near = difflib.get_close_matches(key, wanted, 1, 0.6)
                mend = (
                    f"Did you mean `{near[0]}`?" if near else f"Keys here are {', '.join(wanted)}."
                )
                self.fault(
                    (*path, key),
                    "unknown-key",
                    f"`{key}` is not a key of this place. {mend}",
                    key=True,
                )
                fine = False
                continue
            name, hint = wanted[key]
            if ordered:
                positions = list(wanted)
                position = positions.index(key)
                after = next((k for k in order if positions.index(k) > position), None)
                if after is not None and fine:
                    there = self.document.place((*path, after), key=True)
                    message = f"`{key}` stands before `{after}` ({there}). Move it there."
                    self.fault((*path, key), "key-order", message, key=True)
                order.append(key)
            built = self.value(hint, inner, (*path, key))
            if built is _BAD:
                fine = False
            else:
                arguments[name] = built
        for field in parts_of(kind):
            if field.name in skip or field.name in arguments or key_of(field.name) in known:
                continue
            if field.required:
                self.fault(path, "missing-key", f"`{key_of(field.name)}` is missing. Add it.")
                fine = False
        return kind(**arguments) if fine else None

    def _keys(self, kind: type) -> list[str]:
        return [key_of(name) for name in hints(kind)]

    def value(self, hint: Any, value: Any, path: Path) -> Any:
        """Build a value of a type hint, or `_BAD` after noting a fault."""
        origin = get_origin(hint)
        if origin is typing.Annotated:
            return self.value(get_args(hint)[0], value, path)
        if origin is Literal:
            text = str(value)
            if text in get_args(hint):
                return text
            near = difflib.get_close_matches(text, get_args(hint), 1, 0.5)
            mend = f"Did you mean `{near[0]}`?" if near else f"One of {', '.join(get_args(hint))}."
            self.fault(path, "unknown-value", f"`{text[:40]}` is not allowed here. {mend}")
            return _BAD
        if origin in (types.UnionType, typing.Union):
            return self.union(get_args(hint), value, path)
        if origin is tuple:
            return self.sequence(get_args(hint), value, path)
        if origin is dict:
            return self.mapping(get_args(hint)[1], value, path)
        if isinstance(hint, type) and issubclass(hint, Struct):
            built = self.build(typing.cast("type", hint), value, path)
            return _BAD if built is None else built
        return self.plain(hint, value, path)

    def union(self, choices: tuple[Any, ...], value: Any, path: Path) -> Any:
        """Build the first alternative that fits a plain value, or a table."""
        if value is None and type(None) in choices:
            return None
        rest = [c for c in choices if c is not type(None)]
        if len(rest) == 1:
            return self.value(rest[0], value, path)
        for choice in rest:
            if get_origin(choice) is dict and isinstance(value, dict):
                return self.mapping(get_args(choice)[1], value, path)
            if choice is float and isinstance(value, int | float) and not isinstance(value, bool):
                return float(value)
            if choice is int and isinstance(value, int) and not isinstance(value, bool):
                return value
            if choice is str and isinstance(value, str):
                return value
        self.fault(path, "wrong-type", "a number or a name is wanted here.")
        return _BAD

    def sequence(self, inner: tuple[Any, ...], value: Any, path: Path) -> Any:
        """Build a list, or a pair."""
        if not isinstance(value, list):
            self.fault(path, "wrong-shape", "a list is wanted here: `[…]`.")
            return _BAD
        entries = typing.cast("list[Any]", value)
        if inner[-1] is not Ellipsis:
            if len(entries) != len(inner):
                self.fault(path, "wrong-shape", f"{len(inner)} values are wanted here.")
                return _BAD
            built = [
                self.value(h, v, (*path, i))
                for i, (h, v) in enumerate(zip(inner, entries, strict=True))
            ]
        else:
            built = [self.value(inner[0], v, (*path, i)) for i, v in enumerate(entries)]
        return _BAD if any(b is _BAD for b in built) else tuple(built)

    def mapping(self, inner: Any, value: Any, path: Path) -> Any:
        """Build a table of names."""
        if not isinstance(value, dict):
            self.fault(path, "wrong-shape", "a table is wanted here: `{name: …}`.")
            return _BAD
        entries = typing.cast("dict[str, Any]", value)
        built = {key: self.value(inner, v, (*path, key)) for key, v in entries.items()}
        return _BAD if any(b is _BAD for b in built.values()) else built

    def plain(self, hint: Any, value: Any, path: Path) -> Any:
        """Build a text, number or truth value."""
        if hint is object:
            return value
        if hint is str:
            if isinstance(value, str) and value.strip():
                return value.strip()
            if isinstance(value, bool):
                self.fault(path, "wrong-type", "a text is wanted here. Put it in quotes.")
                return _BAD
            if isinstance(value, int | float):  # as written: 1.10 is not 1.1
                return self.document.spots[path].written
            self.fault(path, "wrong-type", "a text is wanted here.")
            return _BAD
        if hint is bool:
            if isinstance(value, bool):
                return value
            if value in ("yes", "no"):
                return value == "yes"
            self.fault(path, "wrong-type", "`true` or `false` is wanted here.")
            return _BAD
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or (hint is int and not isinstance(value, int))
        ):
            self.fault(
                path, "wrong-type", f"a {'whole ' if hint is int else ''}number is wanted here."
            )
            return _BAD
        return float(value) if hint is float else value


class _Bad:
    """Marks a value that could not be built."""


_BAD = _Bad()
