"""Scores with their components, and numbers with their units and age."""

from __future__ import annotations

from collections.abc import Iterator
from math import floor

from msgspec.structs import replace

from bonemets.lineage import TRUST, Part, weakest_of
from bonemets.model import (
    BandShown,
    Component,
    NumberFinding,
    Range,
    Result,
    ScoreFinding,
    ScoreResult,
    Texts,
)
from bonemets.pack.items import Band, Score, Variable
from bonemets.shown import interval_text, shown_number, unit_shown
from bonemets.values import INF, NONE, SURE
from bonemets.writing.view import View
from bonemets.writing.words import range_of


class Scores(View):
    """Scores with their components, and numbers with their units and age."""

    def scores(self) -> tuple[ScoreFinding, ...]:
        """Give the scores that apply, or may, and of which anything is known."""
        found = (self.score(s, j) for s, j in self.scores_left())
        return tuple([x for x in found if says_something(x)])

    def scores_left(self) -> Iterator[tuple[Score, int | None]]:
        """Give the scores that apply, or may, and of whose parts anything was heard, with where."""
        for identity, score in self.pack.scores.items():
            parts = self.lineage.parts_of_score[identity]
            if self.telling.isdisjoint(parts):
                continue
            for j in range(self.one.operations.n) if score.entity == "lesion" else (None,):
                if self.applies(score, j) != "no" and self.patient.heard_of(parts, j):
                    yield score, j

    def applies(self, score: Score, j: int | None) -> Result:
        """Say whether a score applies."""
        tree = self.lineage.of(score).get(("applies",))
        return "yes" if tree is None else self.patient.result(tree, j)

    def total(self, score: Score, j: int | None) -> tuple[float, float]:
        """Give the ends of a score's total."""
        found = self.one.result("score", score.id, "total")
        low, high = found if j is None else found[j]
        return low, high

    def bands_left(self, score: Score, j: int | None) -> tuple[str, ...]:
        """Give the bands of a score that are still possible; none where it has none."""
        if ("score", score.id, "band") not in self.engine.results:
            return ()
        found = self.one.result("score", score.id, "band")
        mask = found if j is None else found[j]
        return tuple([band for i, band in enumerate(score.any_bands()) if mask >> i & 1])

    def score(self, s: Score, j: int | None) -> ScoreFinding:
        """Write one score, once: a model of outlook shows it too."""
        key = s.id, j
        if key not in self.scored:
            self.scored[key] = self.score_written(s, j)
        return self.scored[key]

    def score_written(self, s: Score, j: int | None) -> ScoreFinding:
        """Write the range of its total, the bands still possible, and its components."""
        p, tree, result = self.patient, self.lineage.of(s).get(("applies",)), self.applies(s, j)
        (low, high), bands = self.total(s, j), self.bands_left(s, j)
        parts = self.lineage.parts_of_score[s.id]
        missing: dict[str, None] = {}
        if result == "unknown" and tree is not None:
            missing |= dict.fromkeys(p.missing(tree, j))
        for name in parts:
            p.missing_of(name, j, missing)
        texts = tuple(s.names.get(b, b.replace("_", " ")) for b in bands)
        unit = "1"
        decimals = 0
        if s.formula and (v := self.pack.variables.get(s.formula)):
            unit, decimals = v.unit or "1", v.decimals
        if low == high:
            shown = shown_number(low, decimals, self.engine.trees.compared_with(s.formula or s.id))
        else:
            shown = interval_text(low, high, decimals)
        say = self.texts(s.say.clinician, s.say.patient, j, total=shown, band=" or ".join(texts))
        if (condition := self.conditional(tree, j)) is not None:
            say = Texts(clinician=f"If {condition}: {say.clinician}", patient=say.patient)
        shared = self.shared(tree, j, s.evidence, s.interpretation)
        shared["facts"] = self.facts_of(parts, j)
        shared["missing"] = tuple(missing)
        trusts = shared["trust"], self.lineage.trust_of_parts[s.id]
        shared["trust"] = max(trusts, key=TRUST.index)
        return ScoreFinding(
            id=s.id,
            title=s.title,
            lesion=p.label(j),
            result=result,
            value=range_of(low, high),
            unit=unit,
            text=shown if unit == "1" else f"{shown} {unit_shown(unit)}",
            scale=self.scale(s, bands, j),
            edges_in=None if self.reported(s, j) in (None, unit) else self.reported(s, j),
            bands=bands,
            band_texts=texts,
            quiet=bool(bands) and set(bands) <= set(s.quiet),
            outlook=any(x.score == s.id for x in self.pack.outlooks.values()),
            components=tuple(self.component(s, name, j) for name in s.components),
            figure=s.figure,
            say=say,
            **shared,
        )

    def scale(self, s: Score, left: tuple[str, ...], j: int | None) -> tuple[BandShown, ...]:
        """Give all bands of a score, with the edges that are numbers in the unit shown."""
        edges = self.edges(s, j)
        return tuple(
            BandShown(
                id=name,
                text=s.names.get(name, name.replace("_", " ")),
                low=self.edge(s, j, band.from_, band.above),
                high=self.edge(s, j, band.to, band.below),
                possible=name in left,
            )
            for name, band in ((x, edges.get(x, Band())) for x in s.any_bands())
        )

    def edges(self, s: Score, j: int | None) -> dict[str, Band]:
        """Give the bands with their edges in the unit shown.

        Those printed for the unit reported are converted; none where that unit is not known.
        """
        unit = self.reported(s, j)
        if s.reported_in is None or s.formula is None:
            return s.bands
        if unit is None:
            return {}
        factor = self.pack.units[s.formula][unit][0]
        kept = self.pack.variables[s.formula].decimals + 2
        table = s.bands_by_unit[unit]
        return table if factor == 1 else {k: converted(x, factor, kept) for k, x in table.items()}

    def reported(self, s: Score, j: int | None) -> str | None:
        """Give the unit that the laboratory reported, where a score asks for it and it is known."""
        if s.reported_in is None:
            return None
        names = self.pack.variables[s.reported_in].names
        units = {names.get(x, x) for x in self.patient.levels_left(s.reported_in, j)}
        return units.pop() if len(units) == 1 else None

    def unit(self, name: str | None) -> str | None:
        """Give a variable's unit; none of what is no variable."""
        variable = self.pack.variables.get(name or "")
        return None if variable is None else variable.unit or "1"

    def edge(self, s: Score, j: int | None, *edges: float | str | None) -> float | None:
        """Give an edge as a number: a variable's value where it is known, in the unit shown."""
        found = next((e for e in edges if e is not None), None)
        if not isinstance(found, str):
            return None if found is None else float(found)
        if self.unit(found) != self.unit(s.formula):
            return None
        low, high = self.patient.value(found, j)
        return float(low) if low == high else None

    def conditional(self, tree: Part | None, j: int | None) -> str | None:
        """Say on what condition a score holds.

        That the lesion is a metastasis, where the score asks for it and this is not confirmed, or
        is none, where a metastasis would rule the score out; and what it takes for the score to
        apply, where this is open even then.
        """
        p, parts = self.patient, list[str]()
        status = ("lesion_status", j)
        asked = tree is not None and "lesion_status" in tree.names
        if asked and tree is not None and status in p.values:
            left = p.levels_left(*status)
            one = p.supposing(*status, "confirmed")
            if one.result(tree, j) != "no":
                if left != ("confirmed",):
                    parts.append("it is a metastasis")
                    p = one
            elif left != ("excluded",):
                parts.append("it is no metastasis")
                p = p.supposing(*status, "excluded")
        if tree is not None and p.result(tree, j) == "unknown":
            parts += [r.text for r in p.reasons(tree, j, "yes")]
        return " and ".join(parts) or None

    def component(self, s: Score, name: str, j: int | None) -> Component:
        """Write one component: what is known of it, and the points that it may still give."""
        p = self.patient
        symbol = p.symbol(name)
        value = p.value(name, j)
        table = s.components[name]
        if symbol.kind == "boolean":
            left = tuple(k for k, may in (("yes", value[0]), ("no", value[1])) if may)
            text = " or ".join(left) if len(left) == 1 else "not known"
        else:
            left = p.levels_left(name, j)
            text = (
                "not known"
                if len(left) == len(symbol.levels)
                else " or ".join(p.level_text(name, x) for x in left)
            )
        every = [x for x in table.values() if isinstance(x, int)]
        points = [
            x
            for k in left
            for x in ((table[k],) if isinstance(table[k], int) else every)
            if isinstance(x, int)
        ]
        return Component(
            variable=name,
            title=p.title(name),
            text=text,
            points=Range(low=float(min(points)), high=float(max(points))),
        )

    def numbers(self) -> tuple[NumberFinding, ...]:
        """Give the numbers of which something is known, with their units and age."""
        found: list[NumberFinding] = []
        p = self.patient
        for name, v in self.lineage.numbers:
            if name not in self.telling:
                continue
            for j in range(self.one.operations.n) if v.entity == "lesion" else (None,):
                if (name, j) not in p.values:
                    continue
                low, high = p.value(name, j)
                heard = p.state(name, j) > NONE
                says = not says_nothing(v, low, high) and self.heard_behind(name, j)
                if not (heard or says):
                    continue
                missing: dict[str, None] = {}
                p.missing_of(name, j, missing)
                facts = self.facts_of((name,), j)
                found.append(
                    NumberFinding(
                        id=name,
                        title=v.title,
                        helper=v.helper,
                        lesion=p.label(j),
                        why=(),
                        facts=facts,
                        missing=tuple(missing),
                        evidence=self.cited(v.evidence) if p.state(name, j) != SURE else (),
                        trust=weakest_of(v.evidence)
                        if v.evidence and p.state(name, j) != SURE
                        else "read",
                        interpretation=v.interpretation if p.state(name, j) != SURE else (),
                        value=range_of(low, high),
                        unit=v.unit or "1",
                        text=p.number_text(name, j),
                    )
                )
        return tuple(found)


def converted(band: Band, factor: float, decimals: int) -> Band:
    """Give a band with its fixed edges in another unit, kept to some decimals."""
    edges = {name: getattr(band, name) for name in ("from_", "above", "to", "below")}
    fixed = {k: float(x) for k, x in edges.items() if x is not None and not isinstance(x, str)}
    scale = 10**decimals
    return replace(band, **{k: floor(x * factor * scale + 0.5) / scale for k, x in fixed.items()})


def says_nothing(v: Variable, low: float, high: float) -> bool:
    """Say whether a number may still be everything that it can be."""
    least, most = v.plausible or (-INF, INF)
    least = least if v.minimum is None else v.minimum
    return low <= least and high >= most


def says_something(score: ScoreFinding | ScoreResult) -> bool:
    """Say whether a score rules anything out: a band, or a part of its scale."""
    if len(score.bands) < max(2, len(score.scale)):
        return True
    ends = [band.low for band in score.scale] + [band.high for band in score.scale]
    known = [end for end in ends if end is not None]
    low, high = score.value.low, score.value.high
    if not known or low is None or high is None:
        return low is not None and high is not None
    return low > min(known) or high < max(known)
