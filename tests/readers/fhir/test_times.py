"""Dates as spans on the record's own clock."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bonemets.model import LONG_AGO, Code, Event, Place
from bonemets.readers.times import Clock, newest, own_offset, parse


def at(*parts):
    return int(datetime(*parts, tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    ("written", "first", "last"),
    [
        ("2026", at(2026, 1, 1), at(2027, 1, 1) - 1),
        ("2026-02", at(2026, 2, 1), at(2026, 3, 1) - 1),
        ("2026-12", at(2026, 12, 1), at(2027, 1, 1) - 1),
        ("2024-02-29", at(2024, 2, 29), at(2024, 3, 1) - 1),
        ("2026-03-01T08:05:07Z", at(2026, 3, 1, 8, 5, 7), at(2026, 3, 1, 8, 5, 7)),
        ("2026-03-01T08:05:07.999Z", at(2026, 3, 1, 8, 5, 7), at(2026, 3, 1, 8, 5, 7)),
        ("2026-03-01T08:05Z", at(2026, 3, 1, 8, 5), at(2026, 3, 1, 8, 5, 59)),
        ("2026-03-01T08:05:07+01:00", at(2026, 3, 1, 7, 5, 7), at(2026, 3, 1, 7, 5, 7)),
        ("2026-03-01T20:00:00-05:00", at(2026, 3, 2, 1), at(2026, 3, 2, 1)),
        ("1931-06-01", at(1931, 6, 1), at(1931, 6, 2) - 1),
    ],
)
def test_a_date_is_a_span(written, first, last):
    assert Clock(0).span(written) == (first, last)


@pytest.mark.parametrize(
    "written",
    [
        "2026-02-30",
        "2025-02-29",
        "0207-01-01",
        "9999",
        "2026-13",
        "2026-3-1",
        "01.03.2026",
        "last spring",
        "",
        "2026-03-01T24:00:00Z",
        "2026-03-01T08:61:00Z",
        "2026-03-01T08:00:00+25:00",
        "20260301",
        "\u0662\u0660\u0662\u0666",
        "2026-03-01T08",
        "2026" * 1000,
        20260301,
        None,
    ],
)
def test_what_is_no_date(written):
    assert Clock(0).span(written) is None


def test_dates_without_a_time_are_of_the_records_clock_and_others_are_shifted_to_it():
    clock = Clock(60)
    assert clock.span("2026-03-01") == (at(2026, 3, 1), at(2026, 3, 2) - 1)
    assert clock.span("2026-03-01T08:00:00+01:00") == (at(2026, 3, 1, 8), at(2026, 3, 1, 8))
    assert clock.span("2026-02-28T23:30:00Z") == (at(2026, 3, 1, 0, 30), at(2026, 3, 1, 0, 30))


def test_the_own_offset_is_the_most_frequent():
    berlin, new_york = "2026-03-01T08:00:00+01:00", "2026-03-01T08:00:00-05:00"
    assert own_offset([berlin, new_york, new_york]) == -300
    assert own_offset([berlin, "2026-03-01T08:00:00Z"]) == 60
    assert own_offset(["2026-03-01", "nonsense"]) == 0
    assert own_offset([]) == 0


def test_parse_keeps_what_no_offset_says():
    assert parse("2026-03-01T08:00:00").offset is None


CONDITION = {
    "resourceType": "Condition",
    "id": "c",
    "code": {"coding": [{"system": "http://snomed.info/sct", "code": "94222008"}]},
}


def test_a_partial_date_ends_where_it_was_recorded(read_bundle, one):
    record = read_bundle(
        {**CONDITION, "onsetDateTime": "2026", "recordedDate": "2026-03-02T10:00:00Z"}
    )
    assert one(record).time == (at(2026, 1, 1), at(2026, 3, 2, 10))
    assert one(record).mentioned == (at(2026, 3, 2, 10), at(2026, 3, 2, 10))


def test_what_was_recorded_long_before_it_was_so_has_a_slip_in_one_of_its_dates(read_bundle, one):
    """A year mistyped: it was at some time until it was recorded."""
    record = read_bundle({**CONDITION, "onsetDateTime": "2027-03", "recordedDate": "2026-03-01"})
    assert one(record).time == (LONG_AGO, at(2026, 3, 2) - 1)
    near = read_bundle({**CONDITION, "onsetDateTime": "2026-03-02", "recordedDate": "2026-03-01"})
    assert one(near).time == (at(2026, 3, 2), at(2026, 3, 3) - 1)


def test_the_messages_own_stamp_cuts_nothing(read_bundle, one):
    stamped = {**CONDITION, "onsetDateTime": "2026", "meta": {"lastUpdated": "2026-03-02"}}
    assert one(read_bundle(stamped)).time == (at(2026, 1, 1), at(2027, 1, 1) - 1)


@pytest.mark.parametrize("bad", ["2026-02-30", "in spring", "0207-01-01", 7])
def test_what_has_a_bad_date_was_at_some_time_until_it_was_recorded(read_bundle, one, bad):
    record = read_bundle({**CONDITION, "onsetDateTime": bad, "recordedDate": "2026-03-01"})
    assert one(record).time == (LONG_AGO, at(2026, 3, 2) - 1)
    assert one(read_bundle({**CONDITION, "onsetDateTime": bad})).time is None
    (aside,) = record.set_aside
    assert (aside.where, aside.what) == ("Condition/c", "onsetDateTime")
    assert str(bad) not in aside.why


def test_an_age_becomes_a_span_counted_from_birth(read_bundle, one):
    age = {"value": 60, "system": "http://unitsofmeasure.org", "code": "a"}
    record = read_bundle({**CONDITION, "onsetAge": age})
    assert one(record).time == (at(2021, 5, 20), at(2022, 5, 20, 23, 59, 58))
    wordy = read_bundle({**CONDITION, "onsetString": "at sixty", "recordedDate": "2026-03-01"})
    assert one(wordy).time == (at(2026, 3, 1), at(2026, 3, 2) - 1)
    assert [s.what for s in wordy.set_aside] == ["onsetString"]


def test_periods(read_bundle, one):
    lasting = {**CONDITION, "onsetPeriod": {"start": "2026-01", "end": "2026-02"}}
    assert one(read_bundle(lasting)).time == (at(2026, 1, 1), at(2026, 3, 1) - 1)
    backwards = read_bundle({**CONDITION, "onsetPeriod": {"start": "2026-02", "end": "2025"}})
    assert one(backwards).time == (at(2026, 2, 1), at(2026, 3, 1) - 1)
    assert [s.what for s in backwards.set_aside] == ["onsetPeriod.end"]
    endless = read_bundle({**CONDITION, "onsetPeriod": {"start": "2026", "end": "9999-12-31"}})
    assert endless.set_aside == ()


def test_newest_passes_over_plans_and_what_lies_after():
    def event(status, time, **more):
        return Event("finding", (Code("s", "c"),), status, time, None, Place("x"), **more)

    events = [
        event("stated", (10, 20)),
        event("stated", (30, 90), mentioned=(25, 26)),
        event("planned", (40, 40)),
        event("stated", (60, 60)),
        event("stated", None),
    ]
    assert newest(events, 50) == 30
    assert newest(events, 24) == 20
    assert newest(events, 5) is None
