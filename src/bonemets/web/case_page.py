"""The page of a case: the form with what is known, and the assessment beside it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any, Final

from markupsafe import Markup
from starlette.responses import Response

from bonemets.model import LISTS, Assessment
from bonemets.pack.items import Variable
from bonemets.renderers import html
from bonemets.renderers.figures import bones
from bonemets.shown import either
from bonemets.web.answers import page
from bonemets.web.form import MOST_LESIONS, Control, layout
from bonemets.web.guides import address, guidebook
from bonemets.web.opened import Opened

MOST_QUESTIONS: Final = 6
"""Questions that can be answered on top of the assessment."""
NEW: Final = ("lesion_site", "vertebral_level", "laterality", "lesion_status")
"""What a new lesion begins with."""


@dataclass
class CasePage:
    """What the templates show of a case."""

    case: Opened
    added: Iterable[str] = ()
    """The names of further controls to show."""

    def part(self) -> Response:
        """Show what changes with an answer."""
        return page("assessed.html.jinja", **self.assessed(), exchanged=True)

    def whole(self, view: str, new_fault: str = "") -> Response:
        """Show the page, to prepare or to present; `new_fault`: what a new lesion lacks."""
        form, variables = self.case.sent, self.case.knowledge.pack.variables
        askable = sorted((v.title, n) for n, v in variables.items() if v.ask)
        rows = layout().lesion
        return page(
            "case.html.jinja",
            **self.assessed(),
            exchanged=False,
            view="present" if view == "present" else "prepare",
            sections=[(s, [self.control(f"p.{x}") for x in s.controls]) for s in layout().patient],
            lesions=[
                (n, self.titles[n], [[self.control(f"l.{n}.{x}") for x in row] for row in rows])
                for n in form.lesions()
            ],
            new=[self.control(f"new.{x}") for x in NEW],
            new_fault=new_fault,
            skeleton=Markup(bones("Skeleton from the front: click a bone to choose it.")),  # noqa: S704
            next_lesion=max(form.lesions(), default=-1) + 1,
            full=len(form.lesions()) >= MOST_LESIONS,
            lists=LISTS,
            of_patient=[x for x in askable if variables[x[1]].entity == "patient"],
            of_lesion=[x for x in askable if variables[x[1]].entity == "lesion"],
        )

    def assessed(self) -> dict[str, Any]:
        """Give what changes with an answer: faults, questions, further facts, the assessment."""
        form = self.case.sent
        found = self.found
        standing = {f"p.{x}" for s in layout().patient for x in s.controls}
        standing |= {f"l.{n}.{x}" for n in form.lesions() for row in layout().lesion for x in row}
        further = dict.fromkeys((*form.others(), *(x for x in self.added if form.can_ask(x))))
        asked = [x for x in self.questions() if x not in further][:MOST_QUESTIONS]
        return {
            "a": found,
            "urgent": html.most_urgent(found),
            "assessment": html.part(found, partial(address, guidebook(self.case.knowledge))),
            "asked": [(self.control(x), x in standing, self.beside(x)) for x in asked],
            "others": [(self.control(x), self.beside(x)) for x in further if x not in standing],
            "faults": {k: (form.title(k), v) for k, v in form.faults.items()},
            "case": self.case,
        }

    @cached_property
    def found(self) -> Assessment:
        """The assessment."""
        return self.case.assessed()

    @cached_property
    def known(self) -> dict[tuple[str, str | None], str]:
        """What the opened record says, by variable and lesion."""
        facts = self.case.reading.facts if self.case.reading is not None else ()
        return {(x.variable, x.lesion): x.text for x in facts if x.known}

    @cached_property
    def titles(self) -> dict[int, str]:
        """What each lesion of the form is called."""
        form, places = self.case.sent, {x.id: x.text for x in self.found.lesions}
        return {n: places.get(form.lesion_id(n), form.lesion_id(n)) for n in form.lesions()}

    def control(self, name: str) -> Control:
        """Give a control with what the opened record says of it."""
        form = self.case.sent
        prefix, _, variable = name.rpartition(".")
        lesion = None if prefix in ("p", "new") else form.lesion_id(int(prefix[2:]))
        item = self.case.knowledge.pack.variables[variable]
        known = self.known.get((variable, lesion), "")
        made = form.control(item, f"{prefix}.")
        return replace(made, known=known, note=self.note(item, lesion) if known else "")

    def note(self, variable: Variable, lesion: str | None) -> str:
        """Say what of the opened record an answer to a question does not correct by itself."""
        variables = self.case.knowledge.pack.variables
        if variable.rolls_up:
            below = variables[variable.rolls_up].title
            return f"It follows from the lesions. Correct it at each of them: {below}."
        if variable.with_ is not None and variable.with_.take != "sample":
            of = [variables[x].title for x in variable.with_.of if (x, lesion) in self.known]
            told = "It is printed beside {}, and counts here only if that is given here too."
            return told.format(either(of)) if of else ""
        beside = [
            self.known[x.id, lesion]
            for x in variables.values()
            if x.with_ is not None
            and x.with_.take == "sample"
            and variable.id in x.with_.of
            and (x.id, lesion) in self.known
        ]
        told = "An answer here is of a new sample: give what belongs to it here too ({})."
        return told.format("; ".join(beside)) if beside else ""

    def questions(self) -> list[str]:
        """Give the controls that answer the questions of the assessment, the best first."""
        form, variables = self.case.sent, self.case.knowledge.pack.variables
        numbers = {form.lesion_id(n): n for n in form.lesions()}
        found: dict[str, None] = {}
        for q in self.found.questions:
            if variables[q.variable].entity == "patient":
                found[f"p.{q.variable}"] = None
            else:
                found |= {f"l.{numbers[x]}.{q.variable}": None for x in q.lesions if x in numbers}
        return list(found)

    def beside(self, name: str) -> str:
        """Give the place of a lesion's control, to stand behind its title."""
        return "" if name.startswith("p.") else self.titles[int(name.split(".")[1])]
