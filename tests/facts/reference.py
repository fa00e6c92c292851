"""Facts of one patient whose every time is known to the second.

Plain Python over events, written from design.md.

No sets of times, no arrays.
A fact is still a set where the record itself leaves several values: a comparator, a tie, an
unreadable value, a medicine mentioned long ago.
`None` stands for "no event counts".
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import Any

from bonemets.model import Absent, Code, Event, Levels, Quantity, Record, Words
from bonemets.pack.items import Coding, Variable
from bonemets.pack.load import Pack

DAY = 86_400
WEEK = 7 * DAY
INF = math.inf
ANYTHING = (-INF, INF)

FACTORS = {
    ("calcium", "mg/dL"): 10 / 40.08,
    ("calcium", "mg/dl"): 10 / 40.08,
    ("calcium", "meq/L"): 0.5,
    ("calcium", "mEq/L"): 0.5,
    ("highest", "mg/dL"): 10 / 40.08,
    ("highest", "meq/L"): 0.5,
    ("lowest", "mg/dL"): 10 / 40.08,
    ("lowest", "meq/L"): 0.5,
    ("upper", "mg/dL"): 10 / 40.08,
}
"""Units that are not the variable's own: by pencil, not by the library."""

SPELLINGS = {"mmol/l": "mmol/L"}


@dataclass(frozen=True)
class Found:
    """What a fact may be; `open`: or as if nothing were recorded."""

    values: Any
    open: bool = False


@dataclass(frozen=True, eq=False)
class Statement:
    """What one event says of one variable.

    The values left, or that something occurred (surely, perhaps).
    """

    event: Event
    values: Any
    occurs: str = ""
    named: bool = False

    @property
    def at(self) -> int | None:
        return None if self.event.time is None else self.event.time[0]


def seconds(duration: str) -> int:
    """`P7D`, `P26W` or `PT48H`."""
    unit, amount = duration[-1], int(duration.strip("PTDWH"))
    return amount * {"D": DAY, "W": WEEK, "H": 3600}[unit]


class Reference:
    """One record as of one moment."""

    def __init__(self, pack: Pack, record: Record, now: int) -> None:
        self.pack, self.record, self.now = pack, record, now
        self.cache: dict[tuple[str, str | None], Found | None] = {}
        self.chosen: dict[tuple[str, str | None], list[Statement]] = {}
        self.one_each = True
        """Whether every statement behind the roll-up had one value; else a fact may be wider."""

    # --- facts -----------------------------------------------------------------------------------

    def fact(self, name: str, lesion: str | None = None) -> Found | None:
        key = (name, lesion)
        if key not in self.cache:
            v = self.pack.variables[name]
            found = self.pick(v, lesion)
            if found is None and v.complete_with in self.record.complete:
                found = self.absence(v)
            self.cache[key] = found
        return self.cache[key]

    def absence(self, v: Variable) -> Found | None:
        if any(s.at is None and self.lasting(s) for s in self.statements(v, None)):
            return None
        if v.type == "boolean":
            return Found({"no"})
        return Found((0, 0)) if v.pick == "count" else None

    def lasting(self, s: Statement) -> bool:
        return s.event.status not in ("planned", "not_done")

    def pick(self, v: Variable, lesion: str | None) -> Found | None:
        if v.pick == "roll_up":
            return self.roll_up(v)
        every = self.statements(v, lesion)
        if v.pick == "active":
            return self.active(v, every)
        if v.with_ is not None:
            return self.companion(v, every)
        return self.choose(v, lesion, every)

    def choose(self, v: Variable, lesion: str | None, every: list[Statement]) -> Found | None:
        """Unite what comes out for every way in which the doubtful statements may count or not."""
        counted = {s: how for s in every if (how := self.counts(v, s))}
        if v.pick == "count":
            return self.count(v, [*counted])
        sure = [s for s in counted if counted[s] == "surely" and s.occurs != "perhaps"]
        doubtful = [s for s in counted if s not in sure]
        if not counted:
            return None
        values: list[Any] = []
        chosen: list[Statement] = []
        for size in range(len(doubtful) + 1):
            for some in itertools.combinations(doubtful, size):
                counting = [s for s in counted if s in sure or s in some]
                if counting:
                    picked = self.picked(v, counting)
                    chosen += [s for s in picked if s not in chosen]
                    values.append(self.values(v, picked, counting))
        self.chosen[(v.id, lesion)] = chosen
        return Found(union(values), not sure)

    def picked(self, v: Variable, counting: list[Statement]) -> list[Statement]:
        times = [self.order(s) for s in counting]
        if v.pick == "latest":
            limit = max(t[0] for t in times)
            return [s for s, t in zip(counting, times, strict=True) if t[1] >= limit]
        if v.pick == "first":
            limit = min(t[1] for t in times)
            return [s for s, t in zip(counting, times, strict=True) if t[0] <= limit]
        return counting

    def values(self, v: Variable, picked: list[Statement], counting: list[Statement]) -> Any:
        values = [self.aged(v, s) for s in picked]
        if v.pick == "any":
            if {"yes"} in values:
                return {"yes"}
            old = [self.is_old_no(v, s) for s in picked]
            no = (
                all(x == {"no"} or o for x, o in zip(values, old, strict=True)) and {"no"} in values
            )
            return {"no"} if no else {"yes", "no"}
        if v.pick in ("min", "max"):
            best = min if v.pick == "min" else max
            if v.type == "number":
                return (best(x[0] for x in values), best(x[1] for x in values))
            return {best(c, key=v.levels.index) for c in itertools.product(*values)}
        return self.sum(counting) if v.pick == "sum" else union(values)

    def order(self, s: Statement) -> tuple[float, float]:
        """When it was: an undated statement may be of any time."""
        return (-INF, INF) if s.at is None else (s.at, s.at)

    def is_old_no(self, v: Variable, s: Statement) -> bool:
        return s.values == {"no"} and self.aged(v, s) != {"no"}

    def aged(self, v: Variable, s: Statement) -> Any:
        """A *no* that is older than it holds is anything."""
        old = v.no_for is not None and (s.at is None or s.at < self.now - seconds(v.no_for))
        return {"yes", "no"} if s.values == {"no"} and old else s.values

    def counts(self, v: Variable, s: Statement) -> str:
        """Whether a statement counts.

        Surely, perhaps (its window hangs on a date that is open), or not ("").
        """
        if s.at is None:
            return "surely" if v.window == "ever" and not v.before and not v.since else ""
        if s.at > self.now or (v.window != "ever" and s.at < self.now - seconds(v.window)):
            return ""
        if not (v.before or v.since) or (s.named and v.type != "date"):
            return "surely"
        other = self.fact(v.before or v.since or "")
        low, high = ANYTHING if other is None or other.open else other.values
        first, last = s.values if v.type == "date" else (s.at, s.at)
        if v.before:
            return "surely" if last <= low else "perhaps" if first <= high else ""
        return "surely" if first >= high else "perhaps" if last >= low else ""

    # --- counts and sums -------------------------------------------------------------------------

    def count(self, v: Variable, counting: list[Statement]) -> Found | None:
        if not counting:
            return None
        stated = [s for s in counting if not s.occurs]
        number = len(apart([s for s in counting if s.occurs == "surely"]))
        if not stated:
            return Found((number, INF), number == 0)
        return Found(self.total(stated, [s for s in counting if s.occurs], number))

    def sum(self, counting: list[Statement]) -> tuple[float, float]:
        stated = [s for s in counting if s.named]
        added = [s for s in counting if not s.named]
        amount = sum(max(low, 0.0) for _, (low, _) in apart(added))
        return self.total(stated, added, amount) if stated else (amount, INF)

    def total(
        self, stated: list[Statement], others: list[Statement], amount: float
    ) -> tuple[float, float]:
        """A stated total stands until something follows it; then there are at least the others."""
        limit = max(min(self.order(s)) for s in stated)
        newest = [s for s in stated if max(self.order(s)) >= limit]
        begin = min(min(self.order(s)) for s in newest)
        end = max(max(self.order(s)) for s in newest)
        values = union([s.values for s in newest])
        sure = [s for s in others if s.occurs != "perhaps"]
        if any(min(self.order(s)) > end for s in sure):
            return (amount, INF)
        if any(max(self.order(s)) > begin for s in others):
            return (min(amount, values[0]), INF)
        return values

    # --- medicines -------------------------------------------------------------------------------

    def active(self, v: Variable, every: list[Statement]) -> Found | None:
        window = INF if v.window == "ever" else seconds(v.window)
        lasts = None if v.lasts is None else seconds(v.lasts)
        runs: list[tuple[float, bool]] = []
        may, nos, ends, denied = False, [], [], False
        for s in every:
            e = s.event
            start = -INF if e.time is None else e.time[0]
            end = None if e.end is None else e.end[0]
            said = start if e.mentioned is None else e.mentioned[0]
            if e.status == "past":
                stop = said if end is None else end
                if stop == -INF:
                    may |= lasts is not None
                    continue
                if start > self.now:
                    continue
                if stop > self.now or (lasts is not None and stop + lasts >= self.now):
                    may = True
                    if stop <= self.now:
                        ends.append(stop)
                elif stop >= self.now - window:
                    if s.values == {"no"}:
                        nos.append(stop)
                        ends.append(stop)
                    else:
                        may = True
                        ends.append(stop)
                continue
            if s.values == {"no"}:
                if self.now - window <= said <= self.now:
                    nos.append(said)
                    denied = True
                continue
            if start > self.now:
                continue
            dose = end is not None and start != -INF and end - start <= DAY
            acts = lasts if lasts is not None else (window if dose else None)
            if end is None:
                yes = self.now - window <= said <= self.now and start != -INF
                possible = True
            elif dose:
                assert acts is not None
                yes = start + acts >= self.now
                possible = end + acts >= self.now
            else:
                yes = end >= self.now and start != -INF
                possible = end >= self.now or (lasts is not None and end + lasts >= self.now)
            if not yes and not possible:
                continue
            may = True
            if yes and s.values == {"yes"}:
                runs.append((said, dose and lasts is not None))
        denials = [t for t in nos if t not in ends] + [
            t for t in nos if t in ends and nos.count(t) > ends.count(t)
        ]
        for said, acting in runs:
            if any(t >= said for t in denials):
                continue
            if not acting and any(t >= said for t in ends):
                continue
            return Found({"yes"})
        if may:
            return Found({"yes", "no"})
        # that one of several was stopped says nothing of the others
        return Found({"no"}) if denied or (nos and not self.several(v)) else None

    def several(self, v: Variable) -> bool:
        codes = [c for coding in v.codes if coding.as_ == "drug" for c in coding.atc]
        return v.type == "boolean" and (len(set(codes)) > 1 or any(len(c) < 7 for c in codes))

    # --- limits, units, samples ------------------------------------------------------------------

    def companion(self, v: Variable, every: list[Statement]) -> Found | None:
        own = [s for s in every if self.counts(v, s)]
        got: list[Any] = []
        lacking = False
        for name in v.with_.of if v.with_ else ():
            if self.fact(name) is None:
                continue
            host = self.pack.variables[name]
            for picked in self.chosen[(name, None)]:
                beside = [
                    s
                    for s in own
                    if s.event.sample is not None and s.event.sample == picked.event.sample
                ]
                carried = self.carried(v, host, picked.event)
                got += [s.values for s in beside] + carried
                lacking |= not beside and not carried
            break
        if got:
            return Found(union(got), lacking)
        return self.choose(v, None, [s for s in own if s.named])

    def carried(self, v: Variable, host: Variable, event: Event) -> list[Any]:
        take = v.with_.take if v.with_ else ""
        if take == "unit":
            written = event.value.unit if isinstance(event.value, Quantity) else None
            unit = SPELLINGS.get(written or "", written)
            units = {level for level in v.levels if v.names[level] == unit}
            return [units or set(v.levels)]
        if take == "sample" or event.limits is None:
            return []
        limit = event.limits.low if take == "lower_limit" else event.limits.high
        if limit is None:
            return []
        value = self.in_unit(host, limit.low, limit.unit)
        bad = value is None or (
            v.plausible is not None and not v.plausible[0] <= value <= v.plausible[1]
        )
        return [ANYTHING if bad else (value, value)]

    # --- the roll-up -----------------------------------------------------------------------------

    def lesions(self) -> list[str]:
        """The lesions that are there: those of sited conditions and of what names them."""
        keys = {
            e.about.key: None
            for e in self.record.events
            if e.about is not None and e.about.key and self.there(e)
        }
        return [k for k in keys if k is not None]

    def there(self, e: Event) -> bool:
        return e.status not in ("planned", "not_done") and (e.time is None or e.time[0] <= self.now)

    def roll_up(self, v: Variable) -> Found | None:
        own = [s for s in self.statements(v, None) if self.counts(v, s)]
        sited = [
            s for s in own if s.event.about is not None and s.event.about.key in self.lesions()
        ]
        own = [s for s in own if s not in sited]
        parts: list[tuple[tuple[float, float], set[str]]] = [(self.order(s), s.values) for s in own]
        for key in self.lesions():
            status = self.fact("lesion_status", key)
            chosen = self.chosen.get(("lesion_status", key), [])
            if status is None:
                said = [
                    e
                    for e in self.record.events
                    if e.about is not None and e.about.key == key and self.there(e)
                ]
                last = max(INF if e.time is None else e.time[0] for e in said)
                parts.append(((last, last), {"confirmed", "suspected", "excluded"}))
            else:
                times = [self.order(s) for s in chosen]
                parts.append(((max(t[0] for t in times), max(t[1] for t in times)), status.values))
        left: set[str] = set()
        for values in itertools.product(*(p[1] for p in parts)):
            left |= self.rolled([(p[0], x) for p, x in zip(parts, values, strict=True)])
        self.one_each = all(len(values) == 1 for _, values in parts)
        spoken = any(self.fact("lesion_status", key) is not None for key in self.lesions())
        return Found(left) if own or spoken else None

    def rolled(self, said: list[tuple[tuple[float, float], str]]) -> set[str]:
        """What follows where every statement has one value.

        Of undated ones the order is not known.
        """
        affirmed = [(t, x) for t, x in said if x in ("confirmed", "suspected")]
        denied = [t for t, x in said if x == "absent"]
        yes = {"confirmed"} if any(x == "confirmed" for _, x in affirmed) else {"suspected"}
        if not affirmed:
            return {"absent"} if denied else {"confirmed", "suspected", "absent"}
        if not denied:
            return yes
        surely = max(t[0] for t in denied) > max(t[1] for t, _ in affirmed)
        may = max(t[1] for t in denied) > max(t[0] for t, _ in affirmed)
        return {"absent"} if surely else yes | {"absent"} if may else yes

    # --- what an event says ----------------------------------------------------------------------

    def statements(self, v: Variable, lesion: str | None) -> list[Statement]:
        found: list[Statement] = []
        for e in self.record.events:
            if e.status in ("planned", "not_done"):
                continue
            if v.entity == "lesion" and (e.about is None or e.about.key != lesion):
                continue
            for coding in self.codings(v, e):
                said = self.says(v, coding, e)
                if said is not None:
                    found.append(said)
        return found

    def codings(self, v: Variable, e: Event) -> list[Coding | None]:
        if e.role == "variable":
            return [None] if e.codes[0].code == v.id else []
        codes = [(e.role, c) for c in e.codes]
        if e.about is not None:
            codes += [("site", c) for c in e.about.sites]
        found: list[Coding | None] = []
        for coding in v.codes:
            for role, c in codes:
                listed = getattr(coding, c.system)
                hit = c.code in listed or (
                    c.system in ("icd10", "atc")
                    and any(c.code.replace(".", "").startswith(x.replace(".", "")) for x in listed)
                )
                if coding.as_ == role and hit and coding not in found:
                    found.append(coding)
        if not found and any(self.holds(v, c.code) for role, c in codes if self.speaks(role, c)):
            found.append(Coding(as_="drug", stated="unknown", denied="no", past="unknown"))
        return found

    def holds(self, v: Variable, code: str) -> bool:
        """Whether a class of ATC holds a code of a medicine."""
        listed = [x for coding in v.codes if coding.as_ == "drug" for x in coding.atc]
        return (
            v.type == "boolean"
            and v.pick == "active"
            and len(code) in (1, 3, 4, 5)
            and any(x != code and x.startswith(code) for x in listed)
        )

    def speaks(self, role: str, code: Code) -> bool:
        """Whether a code of ATC on a list of medicines speaks for any variable."""
        every = [x for v in self.pack.variables.values() for c in v.codes for x in self.drugs(c)]
        drug = (role, code.system) == ("drug", "atc")
        return drug and any(code.code.startswith(x) for x in every)

    def drugs(self, coding: Coding) -> tuple[str, ...]:
        return coding.atc if coding.as_ == "drug" else ()

    def says(self, v: Variable, coding: Coding | None, e: Event) -> Statement | None:
        named = coding is None
        if v.type == "date":
            return self.says_date(coding, e, named)
        if v.type == "number":
            return self.says_number(v, coding, e, named)
        return Statement(e, self.says_level(v, coding, e), named=named)

    def says_level(self, v: Variable, coding: Coding | None, e: Event) -> set[str]:
        every = {"yes", "no"} if v.type == "boolean" else set(v.levels)
        if coding is not None and coding.as_ == "site":
            return {coding.stated} if coding.stated else every
        if isinstance(e.value, Absent):
            return every
        if (
            e.status != "stated"
            or e.value is None
            or (coding is not None and coding.as_ != "finding")
        ):
            return self.by_status(v, coding, e.status, every)
        if isinstance(e.value, bool):
            if coding is not None and (v.type == "boolean" or coding.stated):
                return self.by_status(v, coding, "stated" if e.value else "denied", every)
            return {"yes" if e.value else "no"} if v.type == "boolean" else every
        if isinstance(e.value, Levels):
            return set(e.value.names) & every or every
        if isinstance(e.value, tuple) and e.value and isinstance(e.value[0], Code):
            codes = {(c.system, c.code) for c in e.value if isinstance(c, Code)}
            left = {
                level for level, a in v.answers.items()
                if codes & {(s, c) for s in ("loinc", "snomed") for c in getattr(a, s)}
            }  # fmt: skip
            return left or every
        return every

    def by_status(
        self, v: Variable, coding: Coding | None, status: str, every: set[str]
    ) -> set[str]:
        level = getattr(coding, status) if coding is not None else None
        if level is None and status == "past":
            level = v.past
        if level is None and v.type == "boolean":
            level = {"stated": "yes", "denied": "no"}.get(status)
        return every if level in (None, "unknown") else {level}

    def says_date(self, coding: Coding | None, e: Event, named: bool) -> Statement | None:
        if e.status == "denied":
            return None
        if isinstance(e.value, tuple) and len(e.value) == 2 and isinstance(e.value[0], int):
            return Statement(e, e.value, named=named)
        if isinstance(e.value, Absent) or e.time is None:
            return Statement(e, ANYTHING, named=named)
        return Statement(e, e.time, self.occurred(coding, e), named)

    def occurred(self, coding: Coding | None, e: Event) -> str:
        """A medicine's date or count wants a dose that was given."""
        drug = coding is not None and coding.as_ == "drug"
        given = e.end is not None and e.time is not None and e.end[0] - e.time[0] <= DAY
        sure = e.status == "stated" or (e.status == "past" and not drug)
        return (
            "surely"
            if sure and (given or not drug) and not isinstance(e.value, Absent)
            else "perhaps"
        )

    def says_number(
        self, v: Variable, coding: Coding | None, e: Event, named: bool
    ) -> Statement | None:
        if v.pick == "count" and (e.value is None or (coding is not None and coding.as_ == "drug")):
            return (
                None
                if e.status == "denied"
                else Statement(e, ANYTHING, self.occurred(coding, e), named)
            )
        if e.status != "stated":
            return Statement(e, ANYTHING, named=named)
        return Statement(e, self.number(v, e) or ANYTHING, named=named)

    def number(self, v: Variable, e: Event) -> tuple[float, float] | None:
        """The interval in the variable's own unit; None where it cannot be used."""
        floor = -INF if v.minimum is None else v.minimum
        if isinstance(e.value, Words):
            low = e.limits.low if e.limits else None
            high = e.limits.high if e.limits else None
            a = None if low is None else self.in_unit(v, low.low, low.unit)
            b = None if high is None else self.in_unit(v, high.high, high.unit)
            if (low is not None and a is None) or (high is not None and b is None):
                return None
            match e.value.result:
                case "low":
                    ends = None if a is None else (floor, math.nextafter(a, -INF))
                case "high":
                    ends = None if b is None else (math.nextafter(b, INF), INF)
                case _:
                    ends = (
                        None
                        if a is None and b is None
                        else (floor if a is None else a, INF if b is None else b)
                    )
        elif isinstance(e.value, Quantity):
            q = e.value
            a, b = q.low, q.high
            match q.comparator:
                case ">":
                    a, b = math.nextafter(a, INF), INF
                case ">=":
                    b = INF
                case "<":
                    a, b = -INF, math.nextafter(b, -INF)
                case "<=":
                    a = -INF
            low_, high_ = self.in_unit(v, a, q.unit), self.in_unit(v, b, q.unit)
            ends = (
                None if low_ is None or high_ is None else (floor if low_ == -INF else low_, high_)
            )
        else:
            return None
        if ends is None:
            return None
        if v.integer:
            ends = (
                ends[0] if math.isinf(ends[0]) else math.ceil(ends[0]),
                ends[1] if math.isinf(ends[1]) else math.floor(ends[1]),
            )
        least, most = v.plausible or ANYTHING
        return None if ends[1] < least or ends[0] > most or ends[0] > ends[1] else ends

    def in_unit(self, v: Variable, value: float, unit: str | None) -> float | None:
        unit = SPELLINGS.get(unit or "", unit)
        if unit is None:
            return value if v.unit == "1" else None
        if unit == v.unit:
            return value
        factor = FACTORS.get((v.id, unit))
        return None if factor is None else value * factor


def apart(statements: list[Statement]) -> set[tuple[int | None, Any]]:
    """What surely is not said twice.

    An undated statement may be a copy of any that says the same.
    """
    dated = {(s.at, s.values) for s in statements if s.at is not None}
    known = {values for _, values in dated}
    return dated | {(None, s.values) for s in statements if s.at is None and s.values not in known}


def union(values: list[Any]) -> Any:
    """The union of sets, the hull of intervals."""
    if isinstance(values[0], tuple):
        return (min(v[0] for v in values), max(v[1] for v in values))
    return set().union(*values)
