"""What was proven, for people and for programs.

What does not hold, or is not settled, may stand in the knowledge with a reason (kind `unproven`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from bonemets.pack.load import Pack
from bonemets.proof.claims import ABOUT
from bonemets.proof.prove import Answer

MARK = {"broken": "does not hold", "undecided": "undecided"}


@dataclass(frozen=True, slots=True)
class Listing:
    """The answers of a proof, beside the reasons that the knowledge gives.

    `stale` names entries of the knowledge that are not needed, where everything was proven.
    """

    answers: tuple[Answer, ...]
    reasons: Mapping[str, str]
    stale: tuple[str, ...]

    @property
    def open(self) -> tuple[Answer, ...]:
        """Give what does not hold, or is undecided, and has no reason."""
        return tuple(a for a in self.wanting if a.key not in self.reasons)

    @property
    def wanting(self) -> tuple[Answer, ...]:
        """Give what does not hold, or is undecided."""
        return tuple(a for a in self.answers if a.verdict != "holds")

    @property
    def done(self) -> bool:
        """Say whether everything holds, or has its reason, and no reason is left over."""
        return not self.open and not self.stale


def listing(pack: Pack, answers: Iterable[Answer], *, whole: bool) -> Listing:
    """Put answers beside the reasons of a pack; `whole`: these are all that there are."""
    found = tuple(answers)
    reasons = {name: why for x in pack.unproven.values() for name, why in x.claims.items()}
    needed = {a.key for a in found if a.verdict != "holds"}
    stale = tuple(name for name in reasons if name not in needed) if whole else ()
    return Listing(found, reasons, stale)


def as_text(listed: Listing) -> str:
    """Tell it: a line for each property, then what does not hold, with whoever breaks it."""
    said: list[str] = []
    counts = Counter((a.of, a.verdict) for a in listed.answers)
    for name, about in ABOUT.items():
        total = sum(counts[name, verdict] for verdict in ("holds", "broken", "undecided"))
        if total:
            rest = [
                f", {counts[name, verdict]} {words}"
                for verdict, words in (("broken", "do not hold"), ("undecided", "undecided"))
                if counts[name, verdict]
            ]
            said.append(f"{name}: {about}: {counts[name, 'holds']} of {total}{''.join(rest)}")
    for answer in listed.wanting:
        reason = listed.reasons.get(answer.key)
        said += ["", f"{answer.key}: {MARK[answer.verdict]}"]
        said += [f"  {answer.why}"] if answer.why else []
        for n, patient in enumerate(answer.patients):
            head = "a patient" if len(answer.patients) == 1 else f"patient {n + 1}"
            said.append(f"  {head}: {'; '.join(patient) or 'anybody'}")
        said += [f"  kept, because: {reason}"] if reason else []
    for name in listed.stale:
        said += ["", f"{name}: is listed as unproven, and holds or is no claim any more: remove it"]
    return "\n".join(said) + "\n"


def as_json(listed: Listing) -> bytes:
    """Give it for a program."""
    answers: list[dict[str, Any]] = [
        {
            "property": a.of,
            "claim": a.name,
            "verdict": a.verdict,
            "patients": [list(p) for p in a.patients],
            "why": a.why or None,
            "reason": listed.reasons.get(a.key) if a.verdict != "holds" else None,
        }
        for a in listed.answers
    ]
    whole = {
        "bonemets": "proof/1",
        "done": listed.done,
        "answers": answers,
        "stale": list(listed.stale),
    }
    return msgspec.json.format(msgspec.json.encode(whole), indent=2) + b"\n"
