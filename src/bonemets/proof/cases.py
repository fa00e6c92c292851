"""Whole-patient cases: a short history as a record, and what its assessment must and must not say.

A case is written from the references, apart from the knowledge, and proves what the examples of an
item cannot: that the items together say the right thing of one patient.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, Literal

import msgspec
from msgspec import Struct, field

from bonemets.assess import Writer, assess
from bonemets.documents import decode, parse
from bonemets.engine import DAY, Engine, One, scalars_of
from bonemets.explain import RESULTS, Patient
from bonemets.expression import URGENCIES
from bonemets.lineage import result_of
from bonemets.model import Assessment, OptionFinding, OutlookFinding, Range
from bonemets.pack.items import STATUSES, Option
from bonemets.pack.load import Pack
from bonemets.readers import case as case_file
from bonemets.renderers.text import render
from bonemets.writing.words import status_name

EPOCH: Final = dt.date(1970, 1, 1)


class Expected(Struct, frozen=True, forbid_unknown_fields=True):
    """Identities that must come out yes, no or unknown.

    `perhaps` may come out as they like: the references leave them open, for the reason given.
    """

    yes: tuple[str, ...] = ()
    no: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    perhaps: dict[str, str] | tuple[str, ...] = ()


class ScoreExpected(Struct, frozen=True, forbid_unknown_fields=True):
    """A score: its total (or both ends of it), and the bands still possible."""

    id: str
    lesion: str | None = None
    total: float | tuple[float, float] | None = None
    band: str | tuple[str, ...] | None = None


class OutlookExpected(Struct, frozen=True, forbid_unknown_fields=True):
    """A published model, named by its score: what is said of it, total, bands, what it still needs.

    `worked_out` rules out a band; `open` does not, or it is not yet known to speak of the patient;
    `not_applicable` is settled: it does not speak. `missing` are some of what it waits for.
    """

    id: str
    lesion: str | None = None
    status: Literal["worked_out", "open", "not_applicable"] = "worked_out"
    total: float | tuple[float, float] | None = None
    band: str | tuple[str, ...] | None = None
    missing: tuple[str, ...] = ()


class OptionExpected(Struct, frozen=True, forbid_unknown_fields=True):
    """An option: its status, variables that each stand behind a stop that holds, its dose.

    `dose` is `none` (nothing is printed), `open`, or an amount that must stand in the text.
    """

    status: str | tuple[str, ...] | None = None
    stops: tuple[str, ...] = ()
    dose: str | None = None


class PlanExpected(Struct, frozen=True, forbid_unknown_fields=True):
    """What must and must not stand in the plan, what before what, by when, and what is declined.

    `order` holds pairs of which the first stands before the second; `by` the latest class.
    """

    yes: tuple[str, ...] = ()
    no: tuple[str, ...] = ()
    order: tuple[tuple[str, str], ...] = ()
    by: dict[str, str] = field(default_factory=dict[str, str])
    declined: tuple[str, ...] = ()


class Expectation(Struct, frozen=True, forbid_unknown_fields=True):
    """What the assessment must and must not say. Alerts that fire and are not named are faults."""

    alerts: Expected
    urgency: dict[str, str | None] = field(default_factory=dict[str, str | None])
    actions: Expected = Expected()
    investigations: Expected = Expected()
    scores: tuple[ScoreExpected, ...] = ()
    outlook: tuple[OutlookExpected, ...] = ()
    numbers: dict[str, tuple[float, float]] = field(default_factory=dict[str, tuple[float, float]])
    options: dict[str, OptionExpected] = field(default_factory=dict[str, OptionExpected])
    interactions: Expected = Expected()
    plan: PlanExpected = PlanExpected()
    questions: tuple[str, ...] = ()
    not_said: tuple[str, ...] = ()


class Case(Struct, frozen=True, forbid_unknown_fields=True):
    """One patient: the history in prose, the rows it was written from, the record, what to say."""

    case: str
    title: str
    history: str
    rows: tuple[str, ...]
    record: dict[str, Any]
    expect: Expectation
    why: tuple[str, ...]

    @property
    def index_date(self) -> dt.date:
        """The day as of which the case is to be assessed."""
        return dt.date.fromisoformat(str(self.record["index_date"]))


def read(path: Path) -> Case:
    """Read one case.

    Raises:
        Unreadable: the file is no YAML.
        msgspec.ValidationError: it is no case.
    """
    document = parse(decode(path.read_bytes(), path.name), path.name)
    found = msgspec.convert(document.value, Case)
    if found.case != path.stem:
        raise msgspec.ValidationError(f"{path.name} holds the case `{found.case}`")
    return found


def run(engine: Engine, pack: Pack, case: Case) -> One:
    """Run the program on the record of a case, as of its index date.

    Raises:
        RecordRefused: its record is no case file.
    """
    day = (case.index_date - EPOCH).days
    data = json.dumps(case.record).encode()
    record = case_file.read(data, f"{case.case}.yaml", pack, run_day=day)
    return engine.run_one(record, day * DAY + DAY - 1)


def key_of(identity: str, lesion: str | None) -> str:
    """Name a finding as cases do: `id`, or `id@lesion`."""
    return identity if lesion is None else f"{identity}@{lesion}"


# --- what a run says, item by item ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OptionSaid:
    """An option's status, and for each stop that holds the variables that stand behind it."""

    status: str
    stops: tuple[frozenset[str], ...]


Registers = tuple[Any, ...]


def if_closed(one: One) -> Registers:
    """Give what would come out if the list of lesions were complete."""
    if not one.placed.open:
        return one.registers
    return one.engine.run(scalars_of(one.placed, closed=True), one.facts)


def alert_results(one: One, identity: str, closed: Registers | None = None) -> dict[str, str]:
    """Give an alert's result, by lesion if it is of lesions.

    What is unknown only because there may be further lesions counts as no: it is not shown.

    Args:
        one: the run.
        identity: the alert.
        closed: what `if_closed` gives, where it is at hand for many alerts.
    """
    found: Any = one.result("alert", identity)
    sure: Any = one.result("alert", identity, registers=closed or if_closed(one))
    if one.engine.pack.alerts[identity].entity == "patient":
        return {identity: _shown(found, sure)}
    keys = [x.key for x in one.placed.lesions]
    return {
        key_of(identity, key): _shown(a, b) for key, a, b in zip(keys, found, sure, strict=True)
    }


def _shown(found: tuple[bool, bool], closed: tuple[bool, bool]) -> str:
    result = result_of(found)
    return "no" if result == "unknown" and result_of(closed) == "no" else result


def option_said(one: One, option: Option, patient: Patient | None = None) -> dict[str, OptionSaid]:
    """Give what is said of an option, by lesion if it is of lesions.

    Args:
        one: the run.
        option: the option.
        patient: its sets (`One.sets`), where they are at hand for many options.
    """
    patient, trees = patient or one.sets(), one.engine.trees
    masks: Any = one.result("option", option.id)
    said: dict[str, OptionSaid] = {}
    for j, mask in enumerate(masks) if option.entity == "lesion" else ((None, masks),):
        stops: list[frozenset[str]] = []
        for reading in trees.read_by(option)["contraindicated"]:
            if result_of(patient.evaluate(reading.tree, j)) == "yes":
                own = trees.names(reading.tree)
                behind = (x for n in own for x in one.engine.lineage.all_behind[n])
                stops.append(frozenset((*own, *behind)))
        left = tuple(s for i, s in enumerate(STATUSES) if mask >> i & 1)
        lesion = None if j is None else one.placed.lesions[j].key
        said[key_of(option.id, lesion)] = OptionSaid(status_name(left), tuple(stops))
    return said


# --- comparing ------------------------------------------------------------------------------------


def alert_faults(case: Case, identity: str, results: dict[str, str]) -> Iterator[str]:
    """Say where an alert's results are not those that a case expects."""
    expected = case.expect.alerts
    for key, result in results.items():
        if names(expected.perhaps, key):
            continue
        # Of a finding of the patient that is told for several lesions, the strongest holds.
        told = (w for w in ("yes", "unknown", "no") if names(getattr(expected, w), key))
        wanted = next(told, None)
        if wanted is not None and result != wanted:
            yield f"alert {key}: expected {wanted}, came out {result}"
        if wanted is None and result == "yes":
            yield f"alert {key}: fires, and the case does not say so"


def names(listed: Iterable[str], key: str) -> bool:
    """Say whether a list of a case names a finding."""
    return any(meant(name, key) for name in listed)


def meant(name: str, key: str) -> bool:
    """Say whether a case that writes `name` means the finding `key`.

    Without a lesion it means the finding at every lesion; who wrote it need not know whether a
    finding is of a lesion or of the patient.
    """
    same = name.partition("@")[0] == key.partition("@")[0]
    return name == key or (same and ("@" not in name or "@" not in key))


def option_faults(case: Case, said: dict[str, OptionSaid]) -> Iterator[str]:
    """Say where an option's status and stops are not those that a case expects."""
    for key, found in said.items():
        expected = case.expect.options.get(key)
        if expected is None:
            continue
        wanted = (expected.status,) if isinstance(expected.status, str) else expected.status
        if wanted and found.status not in wanted:
            yield f"option {key}: expected {' or '.join(wanted)}, came out {found.status}"
        for name in expected.stops:
            if not any(name in stop for stop in found.stops):
                yield f"option {key}: no stop holds on {name}"


def faults(case: Case, one: One) -> list[str]:
    """Say everything in which the assessment of a case is not what the case expects."""
    said = assess(one.engine, one.record, one.moment)
    found: list[str] = []
    pack, shown = one.engine.pack, Writer(one)
    hidden = [] if shown.gate_open else [a for a in pack.alerts.values()]
    closed = if_closed(one)
    results = {identity: alert_results(one, identity, closed) for identity in pack.alerts}
    for alert in hidden:
        if not alert.without_known_cancer:
            results[alert.id] = dict.fromkeys(results[alert.id], "no")
    if shown.dead():
        results = {identity: dict.fromkeys(keys, "no") for identity, keys in results.items()}
    for identity, keys in results.items():
        found += alert_faults(case, identity, keys)
    every = {key for keys in results.values() for key in keys}
    named = case.expect.alerts
    for key in (*named.yes, *named.no, *named.unknown):
        if not any(meant(key, x) for x in every):
            found.append(f"alert {key}: there is none")
    found += _strangers(case, pack)
    found += _urgency(case, said)
    found += _actions(case, said)
    found += _presence("investigation", case.expect.investigations, _tests(said))
    found += _scores(case, said)
    found += _outlook(case, said, shown)
    found += _numbers(case, said)
    if shown.gate_open and not shown.dead():
        patient = one.sets()
        for option in pack.options.values():
            found += option_faults(case, option_said(one, option, patient))
    found += _options(case, said)
    held = {x for i in said.interactions for x in (i.id, key_of(i.id, i.lesion))}
    found += _presence("interaction", case.expect.interactions, held)
    found += _plan(case, said)
    asked = {q.variable for q in (*said.questions, *said.urgency.ask)}
    if case.expect.questions and not asked & set(case.expect.questions):
        found.append(f"questions: none of {', '.join(case.expect.questions)} is asked")
    if case.expect.not_said:
        text = " ".join(render(said, 10_000).lower().split())
        found += [f"said: {x}" for x in case.expect.not_said if x.lower() in text]
    return found


def _strangers(case: Case, pack: Pack) -> Iterator[str]:
    """Name what a case speaks of and the knowledge does not have: a slip would prove nothing."""
    expect = case.expect
    spoken = {
        "action": (expect.actions, pack.things()),
        "investigation": (expect.investigations, pack.investigations),
        "option": (Expected(yes=tuple(expect.options)), pack.options),
        "score": (Expected(yes=tuple(s.id for s in expect.scores)), pack.scores),
        "outlook": (
            Expected(yes=tuple(x.id for x in expect.outlook)),
            {x.score for x in pack.outlooks.values()},
        ),
        "interaction": (expect.interactions, pack.interactions),
        "plan": (Expected(yes=expect.plan.yes, no=expect.plan.no), pack.things()),
    }
    for kind, (listed, known) in spoken.items():
        for key in (*listed.yes, *listed.no, *listed.unknown, *listed.perhaps):
            if key.partition("@")[0] not in known:
                yield f"{kind} {key}: there is none"


def _urgency(case: Case, said: Assessment) -> Iterator[str]:
    for end, wanted in case.expect.urgency.items():
        found = getattr(said.urgency, end)
        if found != wanted:
            yield f"urgency {end}: expected {wanted}, came out {found}"


def _actions(case: Case, said: Assessment) -> Iterator[str]:
    done = {action.id for alert in said.alerts if alert.result == "yes" for action in alert.actions}
    yield from _presence("action", case.expect.actions, done | _tests(said))


def _tests(said: Assessment) -> set[str]:
    return {x for test in said.investigations for x in (test.id, key_of(test.id, test.lesion))}


def _presence(kind: str, expected: Expected, found: set[str]) -> Iterator[str]:
    for key in expected.yes:
        if key not in found:
            yield f"{kind} {key}: expected, and not advised"
    for key in expected.no:
        if key in found:
            yield f"{kind} {key}: advised, and should not be"


def _plan(case: Case, said: Assessment) -> Iterator[str]:
    """Say what is wrong with the plan: what stands in it, its order, its times, what is declined.

    Of something that stands there at several lesions or statuses, any place counts.
    """
    expect = case.expect.plan
    places: dict[str, list[int]] = {}
    for place, entry in enumerate(said.plan):
        if entry.kind == "review":
            continue  # it asks about what is given, and proposes nothing
        for key in (entry.id, *(key_of(entry.id, lesion) for lesion in entry.lesions)):
            places.setdefault(key, []).append(place)
    yield from _presence("plan", Expected(yes=expect.yes, no=expect.no), set(places))
    for first, later in expect.order:
        if first not in places or later not in places:
            yield f"plan: {first} or {later} does not stand in it, so that their order is open"
        elif min(places[first]) > max(places[later]):
            yield f"plan: {first} stands after {later}"
    for key, latest in expect.by.items():
        times = [said.plan[place].by for place in places.get(key, ())]
        if not times:
            yield f"plan {key}: does not stand in it, so that its time is open"
        elif min(map(URGENCIES.index, times)) > URGENCIES.index(latest):
            yield f"plan {key}: expected by {latest}, came out {times[0]}"
    named = {x.id for x in said.declined}
    for key in expect.declined:
        if key.partition("@")[0] not in named:
            yield f"plan {key}: is not among what was declined"


def _scores(case: Case, said: Assessment) -> Iterator[str]:
    shown = {key_of(s.id, s.lesion): s for s in said.scores}
    for wanted in case.expect.scores:
        key = key_of(wanted.id, wanted.lesion)
        score = shown.get(key)
        if score is None:
            yield f"score {key}: not shown"
            continue
        yield from _total(f"score {key}", wanted, score.value, score.bands)


def _total(
    name: str, wanted: ScoreExpected | OutlookExpected, value: Range, possible: Iterable[str]
) -> Iterator[str]:
    """Say where a total, or the bands still possible, are not those that a case expects."""
    if wanted.total is not None:
        ends = (wanted.total,) * 2 if isinstance(wanted.total, float) else wanted.total
        if (value.low, value.high) != ends:
            yield f"{name}: expected {ends}, came out {(value.low, value.high)}"
    if wanted.band is not None:
        bands = (wanted.band,) if isinstance(wanted.band, str) else wanted.band
        if set(possible) != set(bands):
            yield f"{name}: expected {', '.join(bands)}, came out {', '.join(possible)}"


def _outlook(case: Case, said: Assessment, shown: Writer) -> Iterator[str]:
    """Say where the published models are not what a case expects."""
    told = {key_of(x.score, x.lesion): x for x in said.outlook}
    alive = shown.gate_open and not shown.dead()
    silent = _may_speak(shown) if alive else dict[str, OutlookFinding]()
    for wanted in case.expect.outlook:
        key = key_of(wanted.id, wanted.lesion)
        model = told.get(key) or silent.get(key)
        if model is None:
            if wanted.status != "not_applicable":
                yield f"outlook {key}: expected {wanted.status}, it does not speak"
            continue
        status = "worked_out" if key in told and model.worked_out else "open"
        if status != wanted.status:
            yield f"outlook {key}: expected {wanted.status}, came out {status}"
        possible = [x.id for x in model.bands if x.possible]
        yield from _total(f"outlook {key}", wanted, model.value, possible)
        for name in wanted.missing:
            if name not in model.missing:
                waits = ", ".join(model.missing) or "for nothing"
                yield f"outlook {key}: does not wait for {name}, but {waits}"


def _may_speak(shown: Writer) -> dict[str, OutlookFinding]:
    """Give each model that is not settled to be silent, whether it is told or not."""
    found: dict[str, OutlookFinding] = {}
    for identity, j, code in shown.one.each("outlook"):
        item = shown.pack.outlooks[identity]
        model = shown.model(item, j) if RESULTS[code] != "no" else None
        if model is not None:
            found[key_of(item.score, model.lesion)] = model
    return found


def _numbers(case: Case, said: Assessment) -> Iterator[str]:
    shown = {key_of(n.id, n.lesion): n.value for n in said.numbers}
    for key, (low, high) in case.expect.numbers.items():
        value = shown.get(key)
        if value is None:
            yield f"number {key}: not shown"
        elif value.low is None or value.high is None or value.low < low or value.high > high:
            yield f"number {key}: expected in {low} to {high}, came out {value.low} to {value.high}"


def _options(case: Case, said: Assessment) -> Iterator[str]:
    shown = {key_of(o.id, o.lesion): o for o in said.options}
    for key, wanted in case.expect.options.items():
        option = shown.get(key)
        if option is None:
            if wanted.status != "not_in_scope":
                yield f"option {key}: not shown"
        elif wanted.dose is not None and (fault := _dose(wanted.dose, option)):
            yield f"option {key}: {fault}"


def _dose(wanted: str, option: OptionFinding) -> str:
    dose = option.dose
    printed = dose is not None and dose.settled
    if wanted == "none":
        return "a dose is printed" if printed else ""
    if wanted == "open":
        return "a dose is printed" if printed else "no open dose" if dose is None else ""
    if dose is None or not printed:
        return f"expected the dose {wanted}, none is printed"
    return "" if wanted in dose.text else f"expected the dose {wanted}, came out {dose.text}"


def urgency_faults(case: Case, urgency: str, results: dict[str, str]) -> Iterator[str]:
    """Say where an alert alone would break the urgency that a case expects.

    Nothing may be yes above `at_least`, and nothing open above `at_most`.
    """
    for end, seen in (("at_least", ("yes",)), ("at_most", ("yes", "unknown"))):
        if end not in case.expect.urgency:
            continue
        limit = case.expect.urgency[end]
        above = limit is None or URGENCIES.index(urgency) < URGENCIES.index(limit)
        for key, result in results.items():
            if above and result in seen:
                yield f"urgency {end}: expected {limit}, and {key} is {result}"


def notices(case: Case, base: One, engine: Engine, item: str) -> bool:
    """Say whether a case notices that an alert or an option was changed.

    Args:
        case: what is expected.
        base: the run of the unchanged knowledge.
        engine: of the changed knowledge, of which it holds the one item.
        item: the identity of the alert or option.
    """
    pack = engine.pack
    if item in pack.options and not any(meant(item, key) for key in case.expect.options):
        return False
    changed = engine.rerun(base)
    if item in pack.alerts:
        before, after = alert_results(base, item), alert_results(changed, item)
        urgency = pack.alerts[item].urgency
        return any(
            list(told(after)) != list(told(before))
            for told in (
                partial(alert_faults, case, item),
                partial(urgency_faults, case, urgency),
            )
        )
    option = pack.options[item]
    before = list(option_faults(case, option_said(base, base.engine.pack.options[item])))
    return list(option_faults(case, option_said(changed, option))) != before


def read_all(folder: Path) -> Sequence[Case]:
    """Read every case of a folder."""
    return [read(path) for path in sorted(folder.glob("*.yaml"))]
