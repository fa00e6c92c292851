"""Which lists of a record may be taken as complete: absence is *no* only on a list that is read."""

from __future__ import annotations

from collections import Counter

from bonemets.facts.meaning import Index
from bonemets.model import Event, ListName, Record


def unreadable(record: Record, codes: Index) -> dict[ListName, int]:
    """Count, list by list, the entries of which the knowledge cannot tell what they say.

    Those are entries without a code, with a date that cannot be, and with codes of systems only in
    which the knowledge has none.
    A code that the knowledge does not know, of a system that it reads, is something else than what
    the knowledge asks for, unless it is the class of something that the knowledge asks for.
    """
    known = codes.systems()
    counts = Counter(record.unread)
    for event in record.events:
        if event.listed is not None and not is_read(event, known, codes):
            counts[event.listed] += 1
    return dict(counts)


def is_read(event: Event, known: frozenset[tuple[str, str]], codes: Index) -> bool:
    """Say whether the knowledge can tell what an entry of a list says."""
    if event.status in ("planned", "not_done", "denied"):
        return True
    return any((event.role, code.system) in known for code in event.codes) and not any(
        codes.is_above((event.role, code.system, code.code)) for code in event.codes
    )


def complete(record: Record, codes: Index) -> tuple[ListName, ...]:
    """Give the lists that the record declares complete and that hold nothing unreadable."""
    if not record.complete:
        return ()
    bad = unreadable(record, codes)
    return tuple(name for name in record.complete if name not in bad)
