"""The knowledge -> text: a list of items, and one item as a page."""

from __future__ import annotations

import textwrap
from typing import Any, Final, cast

from msgspec import Struct
from msgspec.structs import fields

from bonemets.pack.gaps import Gap
from bonemets.pack.items import Citation, Evidence, Example
from bonemets.pack.load import Pack

KINDS: Final = (
    "variables",
    "scores",
    "alerts",
    "investigations",
    "options",
    "steps",
    "interactions",
    "cards",
    "evidence",
    "actions",
)
WIDTH: Final = 100


def names(pack: Pack) -> list[str]:
    """Give the ids of everything that has a page."""
    return [identity for name in KINDS for identity in getattr(pack, name)]


def listing(pack: Pack, kind: str | None) -> str:
    """List items, one line each: id and title."""
    lines: list[str] = []
    for name in KINDS if kind is None else (kind,):
        items: dict[str, Any] = getattr(pack, name)
        if kind is None:
            lines.append(f"{name} ({len(items)})")
        for identity, item in items.items():
            more = f" [{item.urgency.replace('_', ' ')}]" if name == "alerts" else ""
            lines.append(f"{'  ' if kind is None else ''}{identity}: {item.title}{more}")
    return "\n".join(lines) + "\n"


def lacking(found: list[Gap], *, names: bool) -> str:
    """List what the knowledge lacks: counts, and with `names` where."""
    lines: list[str] = []
    for gap in found:
        lines.append(f"{gap.what}: {len(gap.where)}")
        if names and gap.where:
            lines += _wrap(", ".join(gap.where), "  ")
    return "\n".join(lines) + "\n"


def page(pack: Pack, identity: str) -> str | None:
    """Show one item with everything that its file holds, its sources spelled out.

    None where there is no such item.
    """
    item: Any = None
    for name in KINDS:
        item = item or getattr(pack, name).get(identity)
    if item is None:
        return None
    lines: list[str] = [f"{identity}: {item.title}", ""]
    for entry in fields(item):
        value = getattr(item, entry.name)
        if entry.name in ("id", "title", "evidence", "examples") or value in (
            None,
            (),
            {},
            False,
            "",
        ):
            continue
        lines += _entry(entry.name.rstrip("_"), value, "")
    if not isinstance(item, Evidence) and item.evidence:
        lines += ["", "evidence:"]
        for citation in item.evidence:
            lines += _wrap(_cited(pack, citation), "  ")
    examples: tuple[Example, ...] = getattr(item, "examples", ())
    if examples:
        lines += ["", f"examples ({len(examples)}):"]
        for example in examples:
            given = ", ".join(f"{k} {_short(v)}" for k, v in example.given.items()) or "nothing"
            expect = ", ".join(f"{k} {_short(v)}" for k, v in example.expect.items())
            lines += _wrap(
                f"{example.name}: given {given}; expect {expect} (from {example.from_})", "  "
            )
    return "\n".join(lines) + "\n"


def _entry(name: str, value: Any, indent: str) -> list[str]:
    if isinstance(value, Struct):
        inner: list[str] = [f"{indent}{name}:"]
        for entry in fields(value):
            one = getattr(value, entry.name)
            if one not in (None, (), {}, False, "") and entry.name != "evidence":
                inner += _entry(entry.name.rstrip("_"), one, indent + "  ")
        return inner
    if isinstance(value, tuple) and value and isinstance(cast("tuple[Any, ...]", value)[0], Struct):
        lines = [f"{indent}{name}:"]
        for number, one in enumerate(cast("tuple[Any, ...]", value), 1):
            lines += _entry(str(number), one, indent + "  ")
        return lines
    if isinstance(value, dict) and any(
        isinstance(v, dict | Struct) for v in cast("dict[str, Any]", value).values()
    ):
        lines = [f"{indent}{name}:"]
        for key, one in cast("dict[str, Any]", value).items():
            lines += _entry(key, one, indent + "  ")
        return lines
    return _wrap(f"{name}: {_short(value)}", indent)


def _short(value: Any) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{k} {_short(v)}" for k, v in cast("dict[str, Any]", value).items())
    if isinstance(value, list | tuple):
        return ", ".join(_short(v) for v in cast("list[Any]", value))
    return " ".join(str(value).split())


def _cited(pack: Pack, citation: Citation) -> str:
    source = pack.evidence[citation.id]
    where = f", {citation.at}" if citation.at else ""
    seen = f"; seen at {citation.seen.address} on {citation.seen.on}" if citation.seen else ""
    row = f"; reference row {citation.row}" if citation.row else ""
    confirmation = citation.confirmation.replace("_", " ")
    return f"{source.title} ({source.year}){where}: {confirmation}{seen}{row}"


def _wrap(text: str, indent: str) -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent + "    ",
        break_long_words=False,
    ) or [""]
