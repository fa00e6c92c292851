"""What the shipped knowledge promises as a whole: no fault, something to ask, safe words."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from bonemets.api import check_knowledge, load_pack
from bonemets.documents import parse
from bonemets.pack.items import Citation, Say, Variable, asked_for
from bonemets.pack.load import HOME, Pack
from bonemets.pack.shape import hints, key_of
from bonemets.pack.trust import behind_amount, licensed
from bonemets.pack.words import CALL, DOSE, SOON

CANNOT_BE_ASKED: dict[str, str] = {}
"""Observed variables without a question, each with the reason."""


@pytest.fixture(scope="session")
def pack() -> Pack:
    return load_pack().pack


def test_the_knowledge_has_no_fault() -> None:
    assert len(check_knowledge().items()) > 200


def test_every_file_is_of_utf_8_without_tabs_and_ends_with_a_line_end() -> None:
    odd = [
        path.name
        for path in HOME.rglob("*.yaml")
        if b"\t" in (data := path.read_bytes()) or b"\r" in data or not data.endswith(b"\n")
    ]
    assert odd == []


def test_the_keys_of_a_variable_stand_in_the_order_of_its_fields() -> None:
    order = [key_of(name) for name in hints(Variable)]
    odd: list[str] = []
    for path in sorted((HOME / "variables").glob("*.yaml")):
        listed = parse(path.read_text(), path.name).value["list"]
        odd += [n for n, keys in listed.items() if list(keys) != sorted(keys, key=order.index)]
    assert odd == []


def test_every_observed_variable_can_be_asked_for(pack: Pack) -> None:
    """The next best question needs words; what comes with another's report needs none."""
    mute = {n for n, v in pack.variables.items() if asked_for(v) and not v.ask and v.with_ is None}
    assert mute == set(CANNOT_BE_ASKED)


def test_every_question_is_one(pack: Pack) -> None:
    odd = {n: v.ask for n, v in pack.variables.items() if v.ask and not v.ask.strip().endswith("?")}
    assert odd == {}


def texts(pack: Pack) -> Iterator[tuple[str, Say]]:
    for items in (pack.scores, pack.alerts, pack.investigations, pack.options):
        for identity, item in items.items():
            yield identity, item.say


def patient_texts(pack: Pack) -> Iterator[tuple[str, str]]:
    """Everything that a patient may read."""
    for identity, say in texts(pack):
        yield identity, say.patient
    for identity, action in pack.actions.items():
        if action.patient:
            yield identity, action.patient
    for identity, option in pack.options.items():
        for effect in option.side_effects:
            yield f"{identity}: {effect.effect}", effect.patient


def test_every_finding_speaks_to_clinician_and_patient(pack: Pack) -> None:
    for identity, say in texts(pack):
        assert len(say.clinician) > 20, identity
        assert len(say.patient) > 20, identity
        assert say.clinician != say.patient, identity


def test_every_place_in_a_text_is_filled(pack: Pack) -> None:
    known = {*pack.symbols(), "lesion"}
    for identity, say in texts(pack):
        more = {"total", "band"} if identity in pack.scores else set()
        for text in (say.clinician, say.patient):
            places = set(re.findall(r"\{(.*?)\}", text))
            assert places <= known | more, (identity, places - known - more)


def test_no_patient_text_holds_a_dose(pack: Pack) -> None:
    odd = {where: m[0] for where, text in patient_texts(pack) if (m := DOSE.search(text))}
    assert odd == {}


def test_the_search_for_doses_finds_them() -> None:
    for text in ("take 4 mg", "5 mL twice", "two mg", "8 Gy in one", "30 units", "2 tablets"):
        assert DOSE.search(text), text
    for text in ("within 24 hours", "in 2 weeks", "T8", "your 3 bones"):
        assert not DOSE.search(text), text


@pytest.mark.parametrize("urgency", ["now", "today"])
def test_every_urgent_alert_tells_the_patient_to_call_or_go_at_once(
    urgency: str, pack: Pack
) -> None:
    alerts = {n: a for n, a in pack.alerts.items() if a.urgency == urgency}
    assert alerts
    said = {n: a.say.patient for n, a in alerts.items()}
    odd = {n: text for n, text in said.items() if not (CALL.search(text) and SOON.search(text))}
    assert odd == {}


def test_every_alert_names_what_to_do(pack: Pack) -> None:
    odd = [n for n, a in pack.alerts.items() if a.urgency in ("now", "today") and not a.actions]
    assert odd == []


def citations(pack: Pack) -> Iterator[tuple[str, Citation]]:
    for identity, item in pack.items().items():
        for citation in item.evidence:
            yield identity, citation
    for identity, found in pack.disagreements.items():
        for position in found.positions.values():
            for citation in position.evidence:
                yield identity, citation
    for identity, option in pack.options.items():
        parts = (*option.indicated, *option.contraindicated, *option.caution)
        for entry in (
            *parts,
            *option.checks_before,
            *option.monitoring,
            *option.side_effects,
            *option.effects,
        ):
            for citation in entry.evidence:
                yield identity, citation
        if option.dose is not None:
            rows = [x for row in option.dose.rows for x in (*row.evidence, *row.less_evidence)]
            for citation in (*option.dose.evidence, *rows):
                yield f"{identity}: dose", citation
    for identity, action in pack.actions.items():
        for citation in action.evidence:
            yield identity, citation


def test_no_source_stands_unused(pack: Pack) -> None:
    used = {c.id for _, c in citations(pack)}
    used |= {e.from_ for item in pack.items().values() for e in item.examples}
    used |= {c.id for c in pack.scope.evidence} if pack.scope else set()
    used |= {c.id for card in pack.cards.values() for row in card.rows for c in row.evidence}
    for model in pack.outlooks.values():
        figures = (o for outcomes in model.outcomes.values() for o in outcomes)
        used |= {
            c.id for x in (*figures, *model.validation, *model.calibration) for c in x.evidence
        }
    numbers = pack.guide.emergency.numbers if pack.guide and pack.guide.emergency else {}
    helpers = pack.guide.helpers if pack.guide else None
    told = [*numbers.values(), *(helpers.crisis.values() if helpers else ())]
    told += [x for listed in (helpers.organisations.values() if helpers else ()) for x in listed]
    used |= {c.id for number in told for c in number.evidence}
    assert set(pack.evidence) - used == set()


def test_what_was_seen_was_seen_somewhere(pack: Pack) -> None:
    for where, citation in citations(pack):
        if citation.confirmation in ("read", "second_hand"):
            assert citation.seen is not None, where
            assert len(citation.seen.address) > 5, where


def test_no_dose_rests_on_a_line_that_nobody_read(pack: Pack) -> None:
    for identity, option in pack.options.items():
        if option.dose is not None:
            assert {c.confirmation for c in option.dose.evidence} & {"read", "second_hand"}, (
                identity
            )


def test_an_amount_says_that_it_is_ours_where_no_patient_is_shown_it(pack: Pack) -> None:
    said, hidden = set[str](), set[str]()
    for identity, option in pack.options.items():
        for n, row in enumerate(option.dose.rows if option.dose is not None else ()):
            for text, less in ((row.give, False), (row.less or "", True)):
                place = f"{identity} {n} {less}"
                said |= (
                    {place} if re.search(r"(?<!which is )\bours\b|\bnot read\b", text) else set()
                )
                assert option.dose is not None
                if text and not licensed(behind_amount(option.dose, row, less=less)):
                    hidden.add(place)
    assert said == hidden != set()


def test_nothing_claims_a_review_that_nobody_named_did(pack: Pack) -> None:
    for identity, item in pack.items().items():
        assert all(len(name.split()) >= 2 for name in item.reviewed_by), identity


def test_alerts_without_known_cancer_are_those_on_what_is_dangerous_in_anybody(pack: Pack) -> None:
    allowed = re.compile(r"cord|cauda|post_void_residual|hyp(er|o)calcaemia|calcium|tetany")
    odd = [n for n, a in pack.alerts.items() if a.without_known_cancer and not allowed.search(n)]
    assert odd == []
    assert sum(a.without_known_cancer for a in pack.alerts.values()) >= 2
