"""The outlook in words and as rows of a chart: models side by side, never drawn together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from msgspec import Struct

from bonemets.model import OutcomeShown, OutlookBand, OutlookFinding
from bonemets.pack.durations import duration_seconds
from bonemets.renderers.words import either, number
from bonemets.renderers.words import outcome_words as told

MOST_NEEDED: Final = 4
"""So many facts are named that a model still needs."""
ALIVE: Final = "alive"
"""The outcome that models have in common, so that they can stand on one scale."""
MOST_TIMES: Final = 3
"""Charts are drawn for so many points of time, those that most models tell of."""
HEAD: Final = (
    "Published models, each with its own people and years. They speak of groups, not of this "
    "patient; people treated today often live longer. No mean is made of them."
)


class OutlookRow(Struct, frozen=True):
    """One row of a chart: a value with its interval, a range of bands, or why there is none."""

    title: str
    low: float | None
    value: float | None
    high: float | None
    note: str


def outcome_words(x: OutcomeShown) -> str:
    """Say one outcome, with its interval where it was printed."""
    ends = None if x.low is None or x.high is None else (x.low, x.high)
    return told(x.what, x.after, x.value, ends, x.unit)


def band_words(band: OutlookBand) -> str:
    """Say a band and what became of those in it."""
    said = "; ".join(map(outcome_words, band.outcomes))
    return f"{band.text}: {said}" if said else f"{band.text}: no figure that was read"


def people_words(x: OutlookFinding) -> str:
    """Say of whom a model speaks: what it predicts, of whom, and when they were treated."""
    return f"{x.predicts}; {x.population}, {x.years}"


def bands_left(x: OutlookFinding) -> list[OutlookBand]:
    """Give the bands that are still possible."""
    return [band for band in x.bands if band.possible]


def total_words(x: OutlookFinding, missing: Sequence[str]) -> str:
    """Say where the patient stands in a model, or what it needs."""
    wanted = ", ".join(missing[:MOST_NEEDED])
    if len(missing) > MOST_NEEDED:
        wanted += f" and {len(missing) - MOST_NEEDED} more"
    if not x.worked_out:
        return f"not worked out: needs {wanted}" if wanted else "not worked out"
    said = f"total {x.text}: {either(tuple(band.text for band in bands_left(x)))}"
    return f"{said}; needs {wanted}" if wanted and len(bands_left(x)) > 1 else said


def told_at(band: OutlookBand, after: str) -> OutcomeShown | None:
    """Give the share alive at a time, where a band tells it."""
    wanted = (x for x in band.outcomes if (x.what, x.unit, x.after) == (ALIVE, "%", after))
    return next(wanted, None)


def times(found: Iterable[OutlookFinding]) -> list[str]:
    """Give the points of time of which most models tell, in their order."""
    counted = Counter(
        after
        for x in found
        for after in {o.after for band in x.bands for o in band.outcomes if o.what == ALIVE}
        if after is not None
    )
    most = sorted(counted, key=lambda x: (-counted[x], duration_seconds(x)))[:MOST_TIMES]
    return sorted(most, key=duration_seconds)


def rows(
    found: Iterable[OutlookFinding], after: str, missing: Mapping[str, Sequence[str]]
) -> list[OutlookRow]:
    """Give a row for each model that tells of a time; `missing` names what each still needs."""
    made: list[OutlookRow] = []
    for x in found:
        at_time = [told_at(band, after) for band in x.bands]
        if not any(at_time):
            continue
        left = [o for band, o in zip(x.bands, at_time, strict=True) if band.possible]
        if not x.worked_out or not any(left):
            made.append(OutlookRow(x.title, None, None, None, total_words(x, missing[x.id])))
        elif len(left) == 1 and left[0] is not None:
            one = left[0]
            made.append(OutlookRow(x.title, one.low, one.value, one.high, ""))
        else:
            values = [o.value for o in left if o is not None]
            note = "" if all(left) else "one band has no figure"
            made.append(OutlookRow(x.title, min(values), None, max(values), note))
    return made


def disagreement(made: Sequence[OutlookRow]) -> str | None:
    """Say how far the models that are worked out lie apart at one time."""
    settled = sorted((x.value, x.title) for x in made if x.value is not None)
    if len(settled) < 2 or settled[0][0] == settled[-1][0]:
        return None
    (low, first), (high, last) = settled[0], settled[-1]
    return f"from {number(low)} % ({first}) to {number(high)} % ({last})"
