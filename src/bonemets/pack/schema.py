"""The JSON Schema of knowledge files, for editors that complete and check YAML while one types.

Made from the same classes that the loader builds, so that the two cannot part. It holds what a
schema can: keys, kinds of values, names out of a fixed list. What belongs together (names, units,
levels, proofs) is for `bonemets knowledge check`.
"""

from __future__ import annotations

import types
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

from msgspec import Struct
from msgspec.structs import fields

from bonemets.pack.items import KINDS, Variable
from bonemets.pack.shape import hints, key_of

Schema = dict[str, Any]

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
TEXT: Final[Schema] = {"type": ["string", "number"]}
"""A number is read as it is written where a text is wanted (`version`, `at: 5`)."""
TRUTH: Final[Schema] = {"enum": ["yes", "no", True, False]}


def schema() -> Schema:
    """Give the schema of any knowledge file: an item of one kind, or a topic of variables."""
    parts: dict[str, Schema] = {}
    files = [_item(kind, name, parts) for name, kind in KINDS.items()]
    files.append(
        {
            "title": "variables",
            "type": "object",
            "properties": {
                "variables": TEXT,
                "title": TEXT,
                "list": {
                    "type": "object",
                    "additionalProperties": _struct(Variable, parts, frozenset({"id", "topic"})),
                },
            },
            "required": ["variables", "title", "list"],
            "additionalProperties": False,
        }
    )
    return {
        "$schema": DIALECT,
        "title": "A knowledge file of bonemets",
        "oneOf": files,
        "$defs": parts,
    }


def _item(kind: type[Struct], name: str, parts: dict[str, Schema]) -> Schema:
    """Give the schema of a file of one kind: its first key names the kind and holds the id."""
    body = _body(kind, parts, frozenset({"id"}))
    body["title"] = name
    body["properties"] = {name: TEXT, **body["properties"]}
    body["required"] = [name, *body["required"]]
    return body


def _struct(kind: type[Struct], parts: dict[str, Schema], skip: frozenset[str]) -> Schema:
    """Give a reference to the schema of a part of an item, made once."""
    if kind.__name__ not in parts:
        parts[kind.__name__] = {}  # a part may hold itself
        parts[kind.__name__] = _body(kind, parts, skip)
    return {"$ref": f"#/$defs/{kind.__name__}"}


def _body(kind: type[Struct], parts: dict[str, Schema], skip: frozenset[str]) -> Schema:
    resolved = hints(kind)
    wanted = [entry for entry in fields(kind) if entry.name not in skip]
    return {
        "type": "object",
        "properties": {key_of(x.name): _value(resolved[x.name], parts) for x in wanted},
        "required": [key_of(x.name) for x in wanted if x.required],
        "additionalProperties": False,
    }


def _value(hint: Any, parts: dict[str, Schema]) -> Schema:
    """Give the schema of one type hint."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _value(inner[0], parts)
    if origin is Literal:
        return {"enum": [*inner, *(x == "yes" for x in inner if x in ("yes", "no"))]}
    if origin in (types.UnionType, Union):
        return {"anyOf": [_value(x, parts) for x in inner]}
    if origin is tuple:
        if inner[-1] is Ellipsis:
            return {"type": "array", "items": _value(inner[0], parts)}
        return {"type": "array", "prefixItems": [_value(x, parts) for x in inner], "items": False}
    if origin is dict:
        return {"type": "object", "additionalProperties": _value(inner[1], parts)}
    if isinstance(hint, type) and issubclass(hint, Struct):
        return _struct(hint, parts, frozenset())
    plain: dict[Any, Schema] = {
        str: TEXT,
        bool: TRUTH,
        int: {"type": "integer"},
        float: {"type": "number"},
        type(None): {"type": "null"},
    }
    return plain.get(hint, {})
