"""Random packs as YAML text, loaded and checked like any other.

They hold every construct of the grammar and every kind of item.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from bonemets.expression import BadExpression, Symbol, parse
from bonemets.pack.check import check
from bonemets.pack.load import Pack, Text, load

ITEMS = 16
"""How many derived variables and scores a pack has, and about as many shown items."""
UNITS = ("1", "mmol/L", "g/L", "d")
BETWEEN = {"d": "days_between", "h": "hours_between", "mo": "months_between", "a": "years_between"}
READ = {
    "id": "ev_read",
    "at": "page 1",
    "confirmation": "second_hand",
    "seen": {"address": "book", "on": "2026-11-25"},
}
UNREAD = {"id": "ev_unread", "confirmation": "unread"}
URGENCIES = ("now", "today", "within_24_hours", "this_week")
NOBODY = {"assertions": {}, "yes": {}, "no": {}, "left": {}, "right": {}, "both_sides": {}}
COMMON: dict[str, Any] = {
    "reviewed_by": [],
    "say": {"clinician": "text", "patient": "call now"},
    "examples": [{"name": "one", "given": {}, "expect": {}, "from": "arithmetic"}],
}


@dataclass
class Maker:
    """Draws one pack; `texts` are its files."""

    rng: Random
    symbols: dict[str, Symbol] = field(default_factory=dict)
    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    derived: dict[str, dict[str, Any]] = field(default_factory=dict)
    observed: dict[str, dict[str, Any]] = field(default_factory=dict)
    refused: int = 0
    accepted: int = 0

    # choices

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    def constant(self) -> str:
        rng = self.rng
        return rng.choice(
            (
                "0.5",
                "1",
                "2",
                "3",
                "10",
                "18",
                "2.5",
                "0.02",
                str(rng.randint(0, 40)),
                f"{rng.uniform(0, 60):.{rng.randint(1, 3)}f}",
            )
        )

    def variables(self, kind: str, entity: str, **wanted: Any) -> list[Symbol]:
        """Give the variables of a type that an item may name, often only those of its entity."""
        found = [
            s
            for s in self.symbols.values()
            if s.kind == kind
            and (entity == "lesion" or s.entity == "patient")
            and all(getattr(s, k) == v for k, v in wanted.items())
        ]
        own = [s for s in found if s.entity == entity]
        return own if own and self.chance(0.6) else found

    def name(self, kind: str, entity: str, **wanted: Any) -> str | None:
        found = self.variables(kind, entity, **wanted)
        return self.rng.choice(found).name if found else None

    # numbers

    def number(self, unit: str, entity: str, depth: int) -> str:
        rng = self.rng
        leaf = self.name("number", entity, unit=unit) or self.constant()
        if depth <= 0 or self.chance(0.1):
            return leaf

        def inner(u: str = unit) -> str:
            return self.number(u, entity, depth - 1)

        def other() -> str:
            return inner(rng.choice(UNITS))

        def sum_() -> str:
            return f"({inner()} {rng.choice('+-')} {inner()})"

        def scaled() -> str:
            sign = rng.choice(("", "-"))
            return f"{self.bracket(other())} {rng.choice('*/')} {sign}{self.constant()}"

        def share() -> str:
            u = rng.choice(UNITS)
            part = f"{self.bracket(inner(u))} / {self.bracket(inner(u))}"
            return f"{self.bracket(leaf)} {rng.choice('*/')} ({part})"

        def product() -> str:
            return f"{self.bracket(inner())} * {self.bracket(inner('1'))}"

        def power() -> str:
            exponent = rng.choice(("2", "3", "-1", "-2", "0.5", "-0.5", "1.5", "-1.2", "0", "1"))
            base = inner("1") if unit == "1" else other()
            if unit != "1" and exponent not in ("0.5", "-0.5", "1.5", "-1.2"):
                return f"{leaf} * {self.bracket(inner('1'))} ** {exponent}"
            return f"{self.bracket(base)} ** {exponent}"

        def curve() -> str:
            if self.chance(0.5):
                return (
                    f"exp({self.bracket(other())} / {rng.choice(('10', '50', '200', '-30', '3'))})"
                )
            return f"log({other()})"

        def pick() -> str:
            count = rng.randint(2, 3)
            return f"{rng.choice(('min', 'max'))}({', '.join(inner() for _ in range(count))})"

        def branch() -> str:
            return f"({inner()} if {self.condition(entity, depth - 1)} else {inner()})"

        makers: list[Callable[[], str]] = [
            sum_,
            sum_,
            scaled,
            scaled,
            share,
            product,
            power,
            curve,
            pick,
            branch,
            lambda: f"abs({inner()})",
            lambda: f"either({inner()}, {inner()})",
            lambda: f"-{self.bracket(inner())}",
        ]
        if unit in BETWEEN:
            makers += [lambda: self.between(unit, entity)] * 6
        if unit == "1":
            makers += [
                lambda: self.over(
                    entity, "count_lesions", self.condition("lesion", depth - 1), depth
                )
            ] * 2

        def among_lesions() -> str:
            function = rng.choice(("max_lesion", "min_lesion", "sum_lesions"))
            return self.over(entity, function, self.number(unit, "lesion", depth - 1), depth)

        makers += [among_lesions] * 2
        return rng.choice(makers)()

    def bracket(self, text: str) -> str:
        return text if text.replace("_", "a").replace(".", "0").isalnum() else f"({text})"

    def between(self, unit: str, entity: str) -> str:
        return f"{BETWEEN[unit]}({self.date(entity)}, {self.date(entity)})"

    def date(self, entity: str, depth: int = 0) -> str:
        found = self.name("date", entity)
        if found is None or self.chance(0.25):
            return "index_date"
        if depth > 0:
            a, b = self.date(entity), self.date(entity)
            return self.rng.choice(
                (f"({a} if {self.condition(entity, depth - 1)} else {b})", f"either({a}, {b})", a)
            )
        return found

    def over(self, entity: str, function: str, inner: str, depth: int) -> str:
        only = f", {self.condition('lesion', depth - 1)}" if self.chance(0.4) else ""
        return f"{function}({inner}{only})"

    # conditions

    def condition(
        self, entity: str, depth: int, *, known: bool = False, counting: bool = False
    ) -> str:
        rng = self.rng

        def inner() -> str:
            return self.condition(entity, depth - 1, known=known, counting=counting)

        leaves: list[Callable[[], str]] = [
            lambda: self.name("boolean", entity) or self.comparison(entity, 0),
            lambda: self.level_test(entity),
            lambda: self.comparison(entity, depth + 1),
            lambda: self.comparison(entity, 0),
            lambda: self.whole_test(entity),
            lambda: self.date_test(entity, depth - 1),
        ]
        if known:
            leaves += [lambda: self.known(entity)] * 6
        if counting:
            leaves += [self.alerts_counted] * 4
        if depth <= 0:
            return rng.choice(leaves)()
        more: list[Callable[[], str]] = [
            lambda: f"({inner()} and {inner()})",
            lambda: f"({inner()} or {inner()})",
            lambda: f"({inner()} and {inner()} or not {inner()})",
            lambda: f"not ({inner()})",
            lambda: f"({inner()} if {inner()} else {inner()})",
            lambda: f"either({inner()}, {inner()})",
            lambda: f"at_least({rng.randint(1, 2)}, {inner()}, {inner()}, {inner()})",
            lambda: self.over(
                entity,
                rng.choice(("any_lesion", "all_lesions")),
                self.condition("lesion", depth - 1),
                depth,
            ),
            lambda: self.chain(entity, depth - 1),
        ]
        return rng.choice(leaves + more * 2)()

    def date_test(self, entity: str, depth: int) -> str:
        op = self.rng.choice(("<", "<=", ">", ">="))
        return f"{self.date(entity)} {op} {self.date(entity, depth)}"

    def known(self, entity: str) -> str:
        kind = self.rng.choice(("boolean", "level", "number", "date"))
        return f"known({self.name(kind, entity)})"

    def alerts_counted(self) -> str:
        op = self.rng.choice((">=", "<", "==", ">"))
        return f"count_alerts({self.rng.choice(URGENCIES)}) {op} {self.rng.randint(0, 3)}"

    def comparison(self, entity: str, depth: int) -> str:
        unit = self.rng.choice((*UNITS, "h", "mo", "a"))
        op = self.rng.choice(("<", "<=", ">", ">="))
        left = self.number(unit, entity, depth)
        right = self.constant() if self.chance(0.6) else self.number(unit, entity, depth - 1)
        return f"{left} {op} {right}" if self.chance(0.8) else f"{right} {op} {left}"

    def chain(self, entity: str, depth: int) -> str:
        unit = self.rng.choice(UNITS)
        up = self.chance(0.5)
        ops = [self.rng.choice(("<", "<=") if up else (">", ">=")) for _ in range(2)]
        first, last = sorted((self.constant(), self.constant()), key=float, reverse=not up)
        return f"{first} {ops[0]} {self.number(unit, entity, depth)} {ops[1]} {last}"

    def whole_test(self, entity: str) -> str:
        found = [s.name for s in self.variables("number", entity) if s.integer]
        left = self.rng.choice(
            [*found, f"count_lesions({self.condition('lesion', 0)})", self.between("a", entity)]
        )
        if self.chance(0.5):
            return f"{left} {self.rng.choice(('==', '!=', '<', '>='))} {self.rng.randint(0, 4)}"
        few = ", ".join(str(n) for n in self.rng.sample(range(6), self.rng.randint(1, 3)))
        return f"{left} {self.rng.choice(('in', 'not in'))} {{{few}}}"

    def level_test(self, entity: str) -> str:
        rng = self.rng
        found = [s for s in self.variables("level", entity) if len(s.levels) > 1]
        if not found:
            return self.comparison(entity, 0)
        s = rng.choice(found)
        if self.chance(0.4):
            some = rng.sample(s.levels, rng.randint(1, len(s.levels) - 1))
            return f"{s.name} {rng.choice(('in', 'not in'))} {{{', '.join(some)}}}"
        op = rng.choice(("==", "!=", "<", "<=", ">", ">=") if s.ordered else ("==", "!="))
        level = rng.choice(s.levels)
        return f"{s.name} {op} {level}" if self.chance(0.8) else f"{level} {op} {s.name}"

    def level_formula(self, levels: tuple[str, ...], entity: str, depth: int) -> str:
        rng = self.rng
        if depth <= 0 or self.chance(0.2):
            return (
                self.name("level", entity, levels=levels) or rng.choice(levels)
                if self.chance(0.4)
                else rng.choice(levels)
            )
        a, b = (
            self.level_formula(levels, entity, depth - 1),
            self.level_formula(levels, entity, depth - 1),
        )
        if self.chance(0.25):
            return f"either({a}, {b})"
        return f"({a} if {self.condition(entity, depth - 1)} else {b})"

    def valid(self, make: Callable[[], str], want: Any, entity: str, **more: Any) -> str:
        """Draw until the checker accepts an expression: it refuses some, as constant ones."""
        for _ in range(400):
            text = make()
            if len(text) > 1200:
                continue
            try:
                parse(text, self.symbols, want=want, entity=entity, **more)  # type: ignore[arg-type]
            except BadExpression:
                self.refused += 1
                continue
            self.accepted += 1
            return self.laid_out(text)
        raise AssertionError(f"no {want} expression in 400 draws")

    def laid_out(self, text: str) -> str:
        """Break some expressions over lines, as a literal block."""
        if len(text) < 40 or " " not in text or not self.chance(0.4):
            return text
        words = text.split(" ")
        cut = self.rng.randrange(1, len(words))
        return " ".join(words[:cut]) + "\n    " + " ".join(words[cut:])

    def truth(self, entity: str, depth: int = 2, **allow: bool) -> str:
        allowed = frozenset(
            name
            for name, yes in (
                ("known", allow.get("known")),
                ("count_alerts", allow.get("counting")),
            )
            if yes
        )
        return self.valid(
            lambda: self.condition(entity, depth, **allow), "boolean", entity, allow=allowed
        )

    # variables

    def add(self, name: str, kind: str, entity: str, **more: Any) -> dict[str, Any]:
        unit = more.pop("unit", "1") if kind == "number" else None
        levels = more.pop("levels", ()) if kind == "level" else ()
        entry: dict[str, Any] = {"title": name.replace("_", " "), "entity": entity, "type": kind}
        if levels:
            entry["levels"] = list(levels)
        if more.get("ordered"):
            entry["ordered"] = True
        if unit:
            entry["unit"] = unit
        if kind == "number":
            entry["decimals"] = 0 if more.get("integer") else self.rng.randint(0, 2)
        if more.get("integer"):
            entry["integer"] = True
        self.symbols[name] = Symbol(
            name,
            entity,
            kind,
            unit,
            tuple(levels),
            bool(more.get("ordered")),
            bool(more.get("integer")),
        )  # type: ignore[arg-type]
        return entry

    def observe(self, name: str, kind: str, entity: str, **more: Any) -> None:
        extra = more.pop("extra", {})
        self.observed[name] = self.add(name, kind, entity, **more) | extra | {"ask": "What is it?"}

    def levels(self, shadow: str | None = None) -> tuple[str, ...]:
        """Draw level names; one may be called like a variable, which it hides beside its own."""
        count = self.rng.randint(2, 8)
        prefix = f"v{self.rng.randint(0, 3)}_"
        names = [f"{prefix}{i}" for i in range(count)]
        if shadow:
            names[-1] = shadow
        return tuple(names)

    def observations(self) -> None:
        for entity, prefix, booleans in (("patient", "", 5), ("lesion", "x_", 3)):
            for i in range(booleans):
                self.observe(f"{prefix}b{i}", "boolean", entity)
            for i in range(3):
                shadow = f"{prefix}b0" if i == 2 else None
                self.observe(
                    f"{prefix}l{i}", "level", entity, levels=self.levels(shadow), ordered=i == 1
                )
            twin = self.symbols[f"{prefix}l0"].levels
            self.observe(f"{prefix}l3", "level", entity, levels=twin)
            for i, unit in enumerate(("1", "1", "mmol/L", "g/L", "d")):
                self.observe(f"{prefix}n{i}", "number", entity, unit=unit)
            self.observe(f"{prefix}i0", "number", entity, integer=True)
            for i in range(2):
                self.observe(f"{prefix}d{i}", "date", entity)
        self.observe(
            "lab",
            "number",
            "patient",
            unit="mmol/L",
            extra={"units": {"mg/dL": self.rng.choice((0.25, 0.2495, 1.1))}},
        )
        self.observe(
            "lab_unit",
            "level",
            "patient",
            levels=("in_mmol", "in_mg"),
            extra={"names": {"in_mmol": "mmol/L", "in_mg": "mg/dL"}},
        )
        self.observe("limit", "number", "patient", unit="mmol/L")

    def derive(self, name: str) -> None:
        """Add one derived variable; some are asked for too, and then the record decides."""
        rng = self.rng
        entity = rng.choice(("patient", "patient", "lesion"))
        kind = rng.choice(
            (
                "boolean",
                "boolean",
                "number",
                "number",
                "number",
                "level",
                "level",
                "whole",
                "date",
                "table",
            )
        )
        before = dict(self.symbols)
        body: dict[str, Any] = {}
        if kind == "table":
            entry, body = self.table(name, entity)
        elif kind == "boolean":
            body["formula"] = self.truth(entity)
            entry = self.add(name, "boolean", entity)
        elif kind == "level":
            levels = (
                self.symbols[rng.choice(("l0", "x_l0"))].levels
                if self.chance(0.3)
                else self.levels()
            )
            ordered = self.chance(0.5)
            body["formula"] = self.valid(
                lambda: self.level_formula(levels, entity, 2), "level", entity, domain=levels
            )
            entry = self.add(name, "level", entity, levels=levels, ordered=ordered)
        elif kind == "date":
            body["formula"] = self.valid(lambda: self.date(entity, 2), "date", entity)
            entry = self.add(name, "date", entity)
        elif kind == "whole":
            own = "x_i0 + 2" if entity == "lesion" else "i0 + 2"
            counted = f"count_lesions({self.truth('lesion', 1)})"
            made, unit = rng.choice(((counted, "1"), (self.between("d", entity), "d"), (own, "1")))
            body["formula"] = self.valid(lambda: made, "number", entity, unit=unit)
            entry = self.add(name, "number", entity, integer=True, unit=unit)
        else:
            unit = rng.choice(UNITS)
            body["formula"] = self.valid(
                lambda: self.number(unit, entity, 3), "number", entity, unit=unit
            )
            entry = self.add(name, "number", entity, unit=unit)
        assert set(self.symbols) - set(before) == {name}
        if self.chance(0.4):
            entry["ask"] = "What is it?"
        figures_seen = "**" not in body.get("formula", "") and "at_least" not in body.get(
            "formula", ""
        )
        evidence = [rng.choice((READ, READ, UNREAD)) if figures_seen else READ]
        tail = {"evidence": evidence, "reviewed_by": [], "examples": COMMON["examples"]}
        self.derived[name] = entry | {"version": "2026-11-25"} | body | tail

    def table(self, name: str, entity: str) -> tuple[dict[str, Any], dict[str, Any]]:
        rng = self.rng
        sources = self.variables("level", entity) + self.variables("boolean", entity)
        source = rng.choice(sources)
        values = list(source.levels) or ["yes", "no"]
        own = ("yes", "no") if self.chance(0.5) else self.levels()
        rows: dict[str, list[str]] = {level: [] for level in own}
        for value in values:
            rows[rng.choice(own)].append(value)
        kept = {level: row for level, row in rows.items() if row or self.chance(0.5)}
        entry = (
            self.add(name, "boolean", entity)
            if own == ("yes", "no")
            else self.add(name, "level", entity, levels=own, ordered=self.chance(0.3))
        )
        return entry, {"table": kept, "table_of": source.name}

    # scores

    def score(self, identity: str) -> None:
        rng = self.rng
        entity = rng.choice(("patient", "lesion"))
        item: dict[str, Any] = {
            "score": identity,
            "title": identity,
            "version": "2026-11-25",
            "entity": entity,
        }
        if self.chance(0.5):
            item["applies"] = self.truth(entity, 1)
        gives = {"total": f"{identity}_total", "band": f"{identity}_band"}
        item["gives"] = {key: name for key, name in gives.items() if self.chance(0.8)}
        form = rng.choice(("components", "components", "formula", "formula", "by_unit"))
        if form == "components":
            bands = self.components(item, entity)
        elif form == "formula":
            unit = rng.choice(UNITS)
            item["formula"] = self.valid(
                lambda: self.number(unit, entity, rng.choice((0, 2))), "number", entity
            )
            bands = self.real_bands(item, entity)
        else:
            entity = item["entity"] = "patient"
            item.pop("applies", None)
            item["formula"], item["reported_in"] = "lab", "lab_unit"
            first, second = (self.edges("limit", factor) for factor in (1.0, 0.25))
            item["bands_by_unit"] = {"mmol/L": first, "mg/dL": second}
            bands = tuple(first)
        if "band" in item["gives"] and self.chance(0.4):
            shuffled = list(bands)
            rng.shuffle(shuffled)
            entry = self.add(gives["band"], "level", entity, levels=shuffled, ordered=True)
            self.observed[gives["band"]] = entry
        elif "band" in item["gives"]:
            self.symbols[gives["band"]] = Symbol(gives["band"], entity, "level", None, bands, True)  # type: ignore[arg-type]
        if "total" in item["gives"]:
            whole = form == "components"
            self.symbols[gives["total"]] = Symbol(
                gives["total"], entity, "number", "1", (), False, whole
            )  # type: ignore[arg-type]
        self.files[f"{identity}.yaml"] = (
            item | {"evidence": [rng.choice((READ, READ, UNREAD))]} | COMMON
        )

    def components(self, item: dict[str, Any], entity: str) -> tuple[str, ...]:
        rng = self.rng
        plain = [
            s
            for s in self.symbols.values()
            if s.name in self.observed
            and s.kind in ("boolean", "level")
            and (entity == "lesion" or s.entity == "patient")
        ]
        plain = [s for s in plain if "ask" in self.observed[s.name]]
        table: dict[str, dict[str, Any]] = {}
        for s in rng.sample(plain, rng.randint(2, 5)):
            words = s.levels or ("yes", "no")
            points: dict[str, Any] = {word: rng.randint(-2, 6) for word in words}
            if self.chance(0.3):
                points[rng.choice(words)] = "any"
            table[s.name] = points
        item["components"] = table
        low = sum(min(p for p in points.values() if p != "any") for points in table.values())
        high = sum(max(p for p in points.values() if p != "any") for points in table.values())
        cuts = sorted(rng.sample(range(low + 1, high + 1), min(rng.randint(0, 3), high - low)))
        starts, ends = [low, *cuts], [*(c - 1 for c in cuts), high]
        item["bands"] = {
            f"band_{i}": {"from": a, "to": b}
            for i, (a, b) in enumerate(zip(starts, ends, strict=True))
        }
        return tuple(item["bands"])

    def real_bands(self, item: dict[str, Any], entity: str) -> tuple[str, ...]:
        edge = None
        if self.chance(0.4):
            edge = self.name("number", entity)
        item["bands"] = self.edges(edge, 1.0)
        return tuple(item["bands"])

    def edges(self, variable: str | None, factor: float) -> dict[str, Any]:
        """Bands in rising order; at most one edge is a variable, between printed ones."""
        rng = self.rng
        cuts: list[Any] = sorted(
            {round(rng.uniform(0, 8) / factor, rng.randint(0, 2)) for _ in range(3)}
        )
        while len(cuts) < 3:
            cuts.append(cuts[-1] + 1.5)
        if variable:
            cuts[rng.randrange(3)] = variable
        bands: dict[str, Any] = {}
        lower: dict[str, Any] = {}
        for index, cut in enumerate(cuts):
            closed = self.chance(0.5)
            bands[f"band_{index}"] = lower | {"to" if closed else "below": cut}
            lower = {"above" if closed else "from": cut}
        return bands | {"band_3": lower}

    # what is shown

    def alert(self, identity: str, *, counting: bool = False) -> None:
        entity = "patient" if counting else self.rng.choice(("patient", "patient", "lesion"))
        actions: list[dict[str, Any]] = []
        for _ in range(self.rng.randint(1, 2)):
            action: dict[str, Any] = {"do": "act", "act_by": "PT1H"}
            for word in ("unless", "only_if"):
                if self.chance(0.4):
                    action[word] = self.truth(entity, 1)
            actions.append(action)
        self.files[f"{identity}.yaml"] = {
            "alert": identity,
            "title": identity,
            "version": "2026-11-25",
            "entity": entity,
            "urgency": "next_visit" if counting else self.rng.choice(URGENCIES),
            "when": self.truth(entity, counting=counting),
            "actions": actions,
            "evidence": [READ],
        } | COMMON

    def investigation(self, identity: str) -> None:
        entity = self.rng.choice(("patient", "lesion"))
        self.files[f"{identity}.yaml"] = {
            "investigation": identity,
            "title": identity,
            "version": "2026-11-25",
            "entity": entity,
            "when": self.truth(entity, known=self.chance(0.6)),
            "what": "test",
            "why": "reason",
            "evidence": [READ],
        } | COMMON

    def simple(self, kind: str, identity: str) -> None:
        """Draw a step, an interaction or a card: a condition, and rows of a card."""
        entity = self.rng.choice(("patient", "lesion"))
        evidence = [READ]
        if kind == "interaction":  # one that options of its entity, or of a lesion, read
            options = [
                file["option"]
                for file in self.files.values()
                if "option" in file and entity in ("patient", file["entity"])
            ]
            one = self.rng.choice([*options, *options, "b0"])
            evidence = [self.rng.choice((READ, READ, UNREAD))]
        else:
            one = "b0"
        more: dict[str, Any] = {
            "step": {"what": "thing", "why": "reason"},
            "interaction": {
                "between": [one, "b1"],
                "effect": self.rng.choice(("stop", "caution", "wait")),
                "why": "reason",
            },
            "card": {"rows": [{"when": self.truth(entity, 1), "text": "fact"}, {"text": "fact"}]},
        }[kind]
        condition = self.truth(entity)
        head = {kind: identity, "title": identity, "version": "2026-11-25", "entity": entity}
        between = {k: more.pop(k) for k in ("between", "effect") if k in more}
        self.files[f"{identity}.yaml"] = (
            head | between | {"when": condition} | more | {"evidence": evidence} | COMMON
        )

    def option(self, identity: str) -> None:
        rng = self.rng
        entity = rng.choice(("patient", "patient", "lesion"))

        def clauses(low: int, high: int) -> list[dict[str, Any]]:
            return [
                {
                    "when": self.truth(entity, rng.randint(0, 2)),
                    "why": "reason",
                    "evidence": [rng.choice((READ, READ, UNREAD))],
                }
                for _ in range(rng.randint(low, high))
            ]

        item: dict[str, Any] = {
            "option": identity,
            "title": identity,
            "patient_title": identity,
            "version": "2026-11-25",
            "entity": entity,
            "modality": "drug",
            "aim": "aim",
            "indicated": clauses(1, 3),
            "contraindicated": clauses(0, 3),
            "caution": clauses(0, 2),
        }
        if self.chance(0.6):
            by = str(self.name("number", "patient"))
            cuts = [f"{c:.2f}" for c in sorted(rng.sample(range(1, 60), 3))]
            stop = {"when": f"{by} < {cuts[0]}", "why": "low", "evidence": [READ]}
            item["contraindicated"] = [stop, *item["contraindicated"]]
            first, second = (float(c) for c in cuts[1:])
            item["dose"] = {
                "by": by,
                "rows": [
                    {"from": float(cuts[0]), "below": first, "give": "1 mg"},
                    {"from": first, "to": second, "give": "2 mg"},
                    {"above": second, "give": "3 mg"},
                ],
                "regimen": "daily",
                "evidence": [READ],
            }
        self.files[f"{identity}.yaml"] = item | {"evidence": [READ]} | COMMON

    # the whole

    def write(self, items: int = ITEMS) -> list[Text]:
        """Draw a pack with about this many derived variables, and as many shown items."""
        self.observations()
        for i in range(items):
            self.score(f"score_{i}") if i % 4 == 1 else self.derive(f"y{i}")
        for i in range(items // 2):
            self.alert(f"alert_{i}")
        self.alert("alert_counting", counting=True)
        for i in range(items // 4):
            self.investigation(f"test_{i}")
        for i in range(items // 3):
            self.option(f"option_{i}")
        for kind in ("step", "interaction", "card"):
            for i in range(items // 6 + 1 if kind == "interaction" else items // 12 + 1):
                self.simple(kind, f"{kind}_{i}")
        source = {"title": "source", "year": 2020, "type": "guideline"}
        self.files |= {
            "scope.yaml": {
                "scope": "scope",
                "title": "scope",
                "version": "2026-11-25",
                "cancer": self.truth("patient", 1),
                "cancer_variable": "b0",
                "adult": self.truth("patient", 1),
                "dead": self.truth("patient", 1),
                "stopped_by": "today",
                "careful_by": "this_week",
                "evidence": [READ],
                "reviewed_by": [],
            },
            "terms.yaml": {"terms": "terms", **NOBODY, "unit_spellings": {"mg/dL": ["mg/dl"]}},
            "ev_read.yaml": {"evidence": "ev_read", **source},
            "ev_unread.yaml": {"evidence": "ev_unread", **source},
            "acts.yaml": {
                "actions": "acts",
                "list": {"act": {"title": "act", "clinician": "act", "evidence": [UNREAD]}},
            },
            "observed.yaml": {"variables": "observed", "title": "observed", "list": self.observed},
            "derived.yaml": {"variables": "derived", "title": "derived", "list": self.derived},
        }
        names = list(self.files)
        self.rng.shuffle(names)
        return [Text(0, name, yaml_text(self.files[name]).encode()) for name in names]


def yaml_text(value: Any, indent: int = 0) -> str:
    """Write YAML 1.2: tables as blocks, texts of several lines as literal blocks, the rest flow."""
    if not isinstance(value, dict) or not value:
        return json.dumps(value)
    lines: list[str] = []
    for key, inner in value.items():
        if isinstance(inner, dict) and inner:
            lines.append(f"{' ' * indent}{key}:\n{yaml_text(inner, indent + 2)}")
        elif isinstance(inner, str) and "\n" in inner:
            block = "\n".join(f"{' ' * (indent + 2)}{line}" for line in inner.split("\n"))
            lines.append(f"{' ' * indent}{key}: |\n{block}")
        else:
            lines.append(f"{' ' * indent}{key}: {json.dumps(inner)}")
    return "\n".join(lines) + ("\n" if indent == 0 else "")


DERIVED: dict[str, Any] = {
    "version": "2026-11-25",
    "evidence": [READ],
    "reviewed_by": [],
    "examples": COMMON["examples"],
}


def small_pack(derived: dict[str, dict[str, Any]] | None = None, **files: dict[str, Any]) -> Pack:
    """Load and check a pack of observed variables with some derived ones and some files.

    A derived variable needs its type and formula, a file all but what every item has.
    """
    maker = Maker(Random(0))
    maker.write(0)
    every = {
        n: {"title": n}
        | {k: v for k, v in d.items() if k != "formula"}
        | DERIVED
        | {"formula": d["formula"]}
        for n, d in (derived or {}).items()
    }
    maker.files |= {
        f"{name}.yaml": body | {"evidence": [READ]} | COMMON for name, body in files.items()
    }
    maker.files["derived.yaml"]["list"] = every or {
        "same": {"title": "same", "type": "boolean"} | DERIVED | {"formula": "b0"}
    }
    return check(
        load([Text(0, name, yaml_text(body).encode()) for name, body in maker.files.items()])
    )


def random_pack(seed: int, items: int = ITEMS) -> Pack:
    """Draw, load and check a pack."""
    return check(load(Maker(Random(seed)).write(items)))
