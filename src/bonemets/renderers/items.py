"""The knowledge -> text: a list of items, and one item as a page."""

from __future__ import annotations

import textwrap
from collections import Counter
from typing import Any, Final

from bonemets.pack.coverage import lines as lines_of
from bonemets.pack.coverage import total
from bonemets.pack.gaps import Gap
from bonemets.pack.items import FINDERS
from bonemets.pack.load import Pack
from bonemets.renderers.item_page import ItemPages
from bonemets.renderers.page import lines
from bonemets.renderers.words import id_words

KINDS: Final = (*FINDERS, "disagreements", "evidence", "actions")
WIDTH: Final = 100


def names(pack: Pack) -> list[str]:
    """Give the ids of everything that has a page."""
    return [identity for name in KINDS for identity in getattr(pack, name)]


def listing(pack: Pack, kind: str | None) -> str:
    """List items, one line each: id and title."""
    said: list[str] = []
    for name in KINDS if kind is None else (kind,):
        items: dict[str, Any] = getattr(pack, name)
        if kind is None:
            said.append(f"{name} ({len(items)})")
        for identity, item in items.items():
            more = f" [{item.urgency.replace('_', ' ')}]" if name == "alerts" else ""
            said.append(f"{'  ' if kind is None else ''}{identity}: {item.title}{more}")
    return "\n".join(said) + "\n"


def lacking(found: list[Gap], *, names: bool) -> str:
    """List what the knowledge lacks: counts, and with `names` where."""
    said: list[str] = []
    for gap in found:
        said.append(f"{gap.what}: {len(gap.where)}")
        if names and gap.where:
            said += _wrap(", ".join(gap.where), "  ")
    return "\n".join(said) + "\n"


def covered(pack: Pack) -> str:
    """Say of each reference how far its rows are held, by line and tier."""
    said: list[str] = []
    for coverage in pack.coverage.values():
        found = lines_of(pack, coverage)
        said.append(f"{coverage.title} ({coverage.id})")
        for x in found:
            said.append(f"  {x.title}, tier {x.tier}: {x.rows} rows{_reasons(x.reasons, x.rows)}")
            cited = ", ".join(f"{n} {id_words(name)}" for name, n in x.confirmed.most_common())
            held = f"held by {x.items}, {x.examples} examples; citations: {cited or 'none'}"
            said += _wrap(held, "    ")
        for tier in (1, 2, 3):
            rows, reasons = total(found, tier)
            said.append(f"  all of tier {tier}: {rows} rows{_reasons(reasons, rows)}")
    return "\n".join(said) + "\n"


def _reasons(reasons: Counter[str], rows: int) -> str:
    without = sum(reasons.values())
    if not without:
        return ", all with an item"
    named = ", ".join(f"{id_words(name)} {n}" for name, n in reasons.most_common())
    return f", {without} without an item ({100 * without / rows:.0f} %): {named}"


def page(pack: Pack, identity: str) -> str | None:
    """Show one item with everything that its file holds, its sources spelled out.

    None where there is no such item.
    """
    for name in KINDS:
        items: dict[str, Any] = getattr(pack, name)
        if identity in items:
            return lines(ItemPages(pack).blocks(items[identity], identity), WIDTH)
    return None


def _wrap(text: str, indent: str) -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent + "    ",
        break_long_words=False,
    ) or [""]
