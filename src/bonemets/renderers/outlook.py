"""The outlook in words and as rows of a chart: models side by side, never drawn together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from msgspec import Struct

from bonemets.model import EffectShown, OutcomeShown, OutlookBand, OutlookFinding, Source
from bonemets.pack.items import Effect
from bonemets.renderers.words import (
    UNITS_OF_OUTCOME,
    duration_words,
    number,
    outcome_words,
)
from bonemets.shown import either

MOST_NEEDED: Final = 4
"""So many facts are named that a model still needs."""
MOST_CHARTS: Final = 3
"""Charts are drawn of so many measures, those that most models tell of."""
NEEDED_IN_A_ROW: Final = 1
"""So many facts are named in a row of a chart, where there is no room for more."""
IN_MONTHS: Final = {"mo": 1.0, "wk": 7 / 30.4375, "d": 1 / 30.4375}
"""Times stand on one scale, of months of mean length; in words they stay as printed."""
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


NO_TEST: Final = "Tested on other people: nothing was read"
NO_CALIBRATION: Final = "Calibration: none was read"


def in_others(x: OutlookFinding) -> list[tuple[str, tuple[Source, ...]]]:
    """Say in short how a model fared with others: a test and a calibration, each with its sources.

    Where nothing was read of it, that is said: silence would look like a model that holds.
    """
    tested = [(f"With others: {fared_words(v)}", v.evidence) for v in x.validation[:1]]
    fitted = [(f"Calibration: {fared_words(v)}", v.evidence) for v in x.calibration[:1]]
    return [*(tested or [(NO_TEST, ())]), *(fitted or [(NO_CALIBRATION, ())])]


def fared_words(x: Effect | EffectShown) -> str:
    """Say whom a model was tested on, and what came of it: the same words in every output."""
    return f"{x.what}: {x.result if isinstance(x, Effect) else x.figure}"


def bands_left(x: OutlookFinding) -> list[OutlookBand]:
    """Give the bands that are still possible."""
    return [band for band in x.bands if band.possible]


def total_words(x: OutlookFinding, missing: Sequence[str], most: int = MOST_NEEDED) -> str:
    """Say where the patient stands in a model, or what it needs: so many facts at most."""
    wanted = ", ".join(missing[:most])
    if len(missing) > most:
        wanted += f" and {len(missing) - most} more"
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
    """Say what an outcome measures: a time is drawn in months."""
    return Measure(x.what, x.after, "mo" if x.unit in IN_MONTHS else x.unit)


def drawn(value: float | None, unit: str) -> float | None:
    """Give a value as it is drawn: as printed, or in months to the first decimal."""
    if value is None or unit not in IN_MONTHS or unit == "mo":
        return value
    return round(value * IN_MONTHS[unit], 1)


def told_of(band: OutlookBand, wanted: Measure) -> OutcomeShown | None:
    """Give what a band tells of a measure, where it does."""
    return next((x for x in band.outcomes if measure(x) == wanted), None)


def tells(x: OutlookFinding) -> set[Measure]:
    """Give what a model tells of."""
    return {measure(o) for band in x.bands for o in band.outcomes}


def charted(found: Sequence[OutlookFinding]) -> list[Measure]:
    """Give the measures to draw: that of most models first, then what adds a model.

    None without a model that is worked out: there would be nothing to see.
    """
    counted = Counter(m for x in found for m in tells(x))
    drawn = {m for x in found for m in tells(x) if is_drawn(x, m)}
    chosen: list[Measure] = []
    there: set[str] = set()
    for m in sorted(drawn, key=lambda m: (-counted[m], m.words)):
        told = {x.id for x in found if m in tells(x)}
        if len(chosen) < MOST_CHARTS and told - there:
            chosen.append(m)
            there |= told
    return chosen


def is_drawn(x: OutlookFinding, wanted: Measure) -> bool:
    """Say whether a model has a mark in a chart: a figure of every group still possible.

    With a group of which none was read the figure may lie anywhere: what is known of the others
    would look like all there is.
    """
    told = [told_of(band, wanted) for band in bands_left(x)]
    return x.worked_out and bool(told) and all(told)


def without(
    found: Iterable[OutlookFinding],
    drawn: Sequence[Measure],
    missing: Mapping[str, Sequence[str]],
) -> list[Bar]:
    """Give a row for each model that has none in the charts of these measures."""
    left = [x for x in found if tells(x).isdisjoint(drawn)]
    return [Bar(x.title, None, None, None, note(x, missing[x.id])) for x in left]


def note(x: OutlookFinding, missing: Sequence[str]) -> str:
    """Say why a model has no figure in a chart."""
    if not x.worked_out:
        return total_words(x, missing, NEEDED_IN_A_ROW)
    if not tells(x):
        return "no figure of it was read"
    left = bands_left(x)
    if all(band.outcomes for band in left):
        return "it tells of other things"
    if len(left) == 1:
        return "no figure of this group was read"
    return "group still open, and of one no figure was read"


def rows(
    found: Iterable[OutlookFinding], wanted: Measure, missing: Mapping[str, Sequence[str]]
) -> list[Bar]:
    """Give a row for each model that tells of a measure; `missing` names what each still needs."""
    made: list[Bar] = []
    for x in found:
        by_band = [told_of(band, wanted) for band in x.bands]
        if not any(by_band):
            continue
        left = [o for band, o in zip(x.bands, by_band, strict=True) if band.possible and o]
        if not is_drawn(x, wanted):
            made.append(Bar(x.title, None, None, None, note(x, missing[x.id])))
        elif len(left) == 1:
            one = left[0]
            low, value, high = (drawn(end, one.unit) for end in (one.low, one.value, one.high))
            made.append(Bar(x.title, low, value, high, ""))
        else:
            values = [v for o in left if (v := drawn(o.value, o.unit)) is not None]
            made.append(Bar(x.title, min(values), None, max(values), ""))
    return made


def disagreement(made: Sequence[Bar]) -> str | None:
    """Say which two models lie furthest apart for certain, with all groups still possible.

    A model whose group is open may lie far from those that are settled: two that agree are not all.
    """
    spans = [(low, high, x) for x in made if (ends := _span(x)) for low, high in [ends]]
    if not spans:
        return None
    _, below, first = min(spans, key=lambda s: (s[1], s[2].title))
    above, _, last = max(spans, key=lambda s: (s[0], s[2].title))
    return f"{_spanned(first)} against {_spanned(last)}" if below < above else None


def _span(x: Bar) -> tuple[float, float] | None:
    """Give between what a model's figure lies."""
    if x.value is not None:
        return x.value, x.value
    return None if x.low is None or x.high is None else (x.low, x.high)


def _spanned(x: Bar) -> str:
    if x.value is not None:
        return f"{number(x.value)} ({x.title})"
    ends = dict.fromkeys(number(end) for end in (x.low, x.high) if end is not None)
    return f"{' to '.join(ends)} ({x.title}, its group still open)"
