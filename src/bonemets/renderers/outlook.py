"""The outlook in words and as rows of a chart: models side by side, never drawn together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from msgspec import Struct

from bonemets.model import OutcomeShown, OutlookBand, OutlookFinding
from bonemets.renderers.words import (
    UNITS_OF_OUTCOME,
    duration_words,
    either,
    number,
    outcome_words,
)

MOST_NEEDED: Final = 4
"""So many facts are named that a model still needs."""
MOST_CHARTS: Final = 3
"""Charts are drawn of so many measures, those that most models tell of."""
HEAD: Final = (
    "Published models, each with its own people and years. They speak of groups, not of this "
    "patient; people treated today often live longer. No mean is made of them."
)


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


class Bar(Struct, frozen=True):
    """One row of a chart: a value, its interval, a range of bands, or a note why there is none."""

    title: str
    low: float | None
    value: float | None
    high: float | None
    note: str


class Measure(Struct, frozen=True):
    """What models have in common, so that they can stand on one scale."""

    what: str
    after: str | None
    unit: str

    @property
    def words(self) -> str:
        """Say it: "alive at 12 months, %"."""
        when = "" if self.after is None else f" at {duration_words(self.after)}"
        return f"{self.what}{when}, {UNITS_OF_OUTCOME.get(self.unit, self.unit)}"


def measure(x: OutcomeShown) -> Measure:
    """Say what an outcome measures."""
    return Measure(x.what, x.after, x.unit)


def told_of(band: OutlookBand, wanted: Measure) -> OutcomeShown | None:
    """Give what a band tells of a measure, where it does."""
    return next((x for x in band.outcomes if measure(x) == wanted), None)


def shared(found: Iterable[OutlookFinding]) -> list[Measure]:
    """Give the measures that several models tell of, those of most models first."""
    counted = Counter(
        x for model in found for x in {measure(o) for band in model.bands for o in band.outcomes}
    )
    several = [x for x, n in counted.items() if n > 1]
    return sorted(several, key=lambda x: (-counted[x], x.words))[:MOST_CHARTS]


def rows(
    found: Iterable[OutlookFinding], wanted: Measure, missing: Mapping[str, Sequence[str]]
) -> list[Bar]:
    """Give a row for each model that tells of a measure; `missing` names what each still needs."""
    made: list[Bar] = []
    for x in found:
        by_band = [told_of(band, wanted) for band in x.bands]
        if not any(by_band):
            continue
        left = [o for band, o in zip(x.bands, by_band, strict=True) if band.possible]
        if not x.worked_out or not any(left):
            note = total_words(x, missing[x.id])
            note = note if not x.worked_out else "no figure of this band was read"
            made.append(Bar(x.title, None, None, None, note))
        elif len(left) == 1 and left[0] is not None:
            one = left[0]
            made.append(Bar(x.title, one.low, one.value, one.high, ""))
        else:
            values = [o.value for o in left if o is not None]
            note = "" if all(left) else "one band has no figure"
            made.append(Bar(x.title, min(values), None, max(values), note))
    return made


def disagreement(made: Sequence[Bar]) -> str | None:
    """Say how far the models that are worked out lie apart."""
    settled = sorted((x.value, x.title) for x in made if x.value is not None)
    if len(settled) < 2 or settled[0][0] == settled[-1][0]:
        return None
    (low, first), (high, last) = settled[0], settled[-1]
    return f"from {number(low)} ({first}) to {number(high)} ({last})"
