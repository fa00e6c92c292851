"""A reading -> text or JSON.

Events and facts with where they came from, and everything that was not used.
"""

from __future__ import annotations

import textwrap

import msgspec

from bonemets.model import Reading
from bonemets.renderers.words import clean


def render(reading: Reading, width: int = 100) -> str:
    """Show a reading as plain text."""
    lines: list[str] = [f"{clean(reading.record)}, index date {reading.index_date}"]
    if reading.index_note:
        lines.append(reading.index_note)
    lines += [*reading.assumptions, ""]

    def put(text: str, indent: str = "  ") -> None:
        further = indent + "  "
        wrapped = textwrap.wrap(
            clean(text), width, initial_indent=indent, subsequent_indent=further
        )
        lines.extend(wrapped or [indent.rstrip()])

    lines.append(f"EVENTS ({len(reading.events)})")
    for event in reading.events:
        says = " ".join(x for x in (event.text or event.code, event.value) if x)
        status = "" if event.status == "stated" else f" [{event.status.replace('_', ' ')}]"
        about = f", lesion {event.lesion}" if event.lesion else ""
        use = f" -> {', '.join(event.variables)}" if event.variables else " -> nothing of ours"
        put(f"{event.time or 'no date'}  {says}{status} ({event.where}{about}){use}")
    more = "" if reading.lesions_complete else ", there may be more"
    lines += ["", f"LESIONS ({len(reading.lesions)}{more})"]
    for lesion in reading.lesions:
        same = (
            f"; may be the same as {', '.join(lesion.may_be_same_as)}"
            if lesion.may_be_same_as
            else ""
        )
        several = "; may be several" if lesion.may_be_several else ""
        put(f"{lesion.id}: {lesion.text or 'place not known'}, {lesion.status}{same}{several}")
    lines += ["", f"FACTS ({len(reading.facts)})"]
    for fact in reading.facts:
        where = f" at {fact.lesion}" if fact.lesion else ""
        origin = ", ".join(dict.fromkeys(e.where for e in fact.events)) or fact.origin
        note = f"; {fact.note}" if fact.note else ""
        put(f"{fact.variable}{where}: {fact.text} ({origin}{note})")
    for title, entries in (
        ("SET ASIDE", reading.set_aside),
        ("DOES NOT COUNT AT THE INDEX DATE", reading.not_counted),
    ):
        lines += ["", f"{title} ({len(entries)})"]
        for entry in entries:
            put(f"{entry.where}: {entry.what}: {entry.why}")
    lines += ["", f"NOT UNDERSTOOD ({sum(n.count for n in reading.not_understood)})"]
    for code in reading.not_understood:
        put(f"{code.count} x {code.system} {code.code} {code.display}".rstrip())
    if reading.ignored:
        put(
            "kinds of resource that are not read: "
            + ", ".join(f"{kind} {n}" for kind, n in sorted(reading.ignored.items()))
        )
    lines += ["", f"Knowledge {reading.knowledge.version}, {reading.knowledge.hash[:12]}."]
    put(reading.notice, "")
    return "\n".join(lines) + "\n"


def render_json(reading: Reading) -> str:
    """Show a reading as JSON."""
    body = {"bonemets": "reading/1", **msgspec.to_builtins(reading)}
    return msgspec.json.format(msgspec.json.encode(body), indent=2).decode() + "\n"
