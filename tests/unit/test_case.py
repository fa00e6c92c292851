"""A case file says what it says: every form of value is read, every fault refuses with its mend."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bonemets.api import Knowledge, assess, check_knowledge, load_pack
from bonemets.documents import parse
from bonemets.errors import Fault, RecordRefused
from bonemets.model import Absent, Event, Levels, Quantity, Record, Words
from bonemets.pack.items import Score
from bonemets.pack.load import Pack
from bonemets.pack.notes import nearest
from bonemets.pack.shape import Builder
from bonemets.proof.examples import Replay
from bonemets.readers.case import is_case, read
from small_pack import marked, small_pack

RUN = 20_514  # 2026-03-02
SECONDS = 86_400


@pytest.fixture(scope="module")
def pack() -> Pack:
    return small_pack()


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return load_pack()


def record(text: str, pack: Pack, **more: Any) -> Record:
    return read(("bonemets: case/1\n" + text).encode(), "c.yaml", pack, run_day=RUN, **more)


def refused(text: str, pack: Pack) -> list[Fault]:
    with pytest.raises(RecordRefused) as caught:
        read(text.encode(), "c.yaml", pack, run_day=RUN)
    assert caught.value.__cause__ is None
    return list(caught.value.faults)


def events(text: str, pack: Pack, **more: Any) -> list[Event]:
    return list(record(text, pack, **more).events)


def only(text: str, pack: Pack) -> Any:
    (event,) = events(f"patient: {{{text}}}", pack)
    return event.value


def day(number: int) -> tuple[int, int]:
    return (number * SECONDS, number * SECONDS + SECONDS - 1)


# --- medicines of a kind -------------------------------------------------------------------------


def of_the_kind(said: str, pack: Pack, complete: str = "medications") -> list[object]:
    """Give what a file then says of the drug, and where each stands."""
    text = f"complete: [{complete}]\npatient: {{{said}}}"
    named = [e for e in events(text, pack) if e.codes[0].code == "drug_current"]
    return [
        ("open" if isinstance(e.value, Absent) else e.value, e.place.where, e.time) for e in named
    ]


@pytest.mark.parametrize(
    ("said", "value", "where"),
    [
        ("other_drug: yes", True, "patient.other_drug"),
        ("drug_amount: 3 mg", True, "patient.drug_amount"),
        ('drug_amount: "> 0 mg"', True, "patient.drug_amount"),
        ('drug_amount: "< 5 mg"', "open", "patient.drug_amount"),
        ("drug_amount: unknown", "open", "patient.drug_amount"),
        ("other_drug: unknown", "open", "patient.other_drug"),
        ("other_drug: yes, drug_amount: unknown", True, "patient.other_drug"),
    ],
)
def test_a_whole_list_does_not_deny_a_kind_of_which_a_medicine_is_told(
    said: str, value: object, where: str, pack: Pack
) -> None:
    assert of_the_kind(said, pack) == [(value, where, day(RUN))]


@pytest.mark.parametrize(
    "said",
    [
        "other_drug: no",
        "drug_amount: 0 mg",
        "confusion: yes",
        "other_drug: [{value: yes, date: 2026-01-05}, {value: no, date: 2026-02-01}]",
    ],
)
def test_what_is_not_taken_says_nothing_of_its_kind(said: str, pack: Pack) -> None:
    assert of_the_kind(said, pack) == []


def test_what_is_said_of_the_kind_itself_decides(pack: Pack) -> None:
    said = of_the_kind("other_drug: yes, drug_current: no", pack)
    assert said == [(False, "patient.drug_current", day(RUN))]


def test_without_a_whole_list_what_is_taken_counts_for_its_kind_and_what_is_open_says_nothing(
    pack: Pack,
) -> None:
    """Nothing denies the kind there."""
    told = [(True, "patient.other_drug", day(RUN))]
    assert told == of_the_kind("other_drug: yes", pack, "conditions")
    assert of_the_kind("other_drug: unknown", pack, "conditions") == []
    assert of_the_kind('drug_amount: "< 5 mg"', pack, "conditions") == []


@pytest.mark.parametrize(
    "said",
    ["morphine_current: yes", "morphine_oral_daily_dose: 40 mg/d", "fentanyl_patch_rate: 25 ug/h"],
)
def test_an_opioid_told_by_its_name_alone_lets_its_toxicity_be_seen(
    said: str, knowledge: Knowledge
) -> None:
    text = f"complete: [medications]\npatient: {{cancer: current, twitching: yes, {said}}}"
    found = assess(record(text, knowledge.pack), knowledge)
    (alert,) = [x for x in found.alerts if x.id == "opioid_toxicity_signs"]
    assert alert.result == "yes"
    total = [x.text for x in found.numbers if x.id == "oral_morphine_equivalent_daily"]
    assert not [x for x in total if " 0 mg/d" in x]


def test_a_cancer_medicine_told_by_its_name_alone_counts_in_fever(knowledge: Knowledge) -> None:
    text = "complete: [medications]\npatient: {cancer: current, cisplatin_current: yes}"
    given = {e.codes[0].code for e in record(text, knowledge.pack).events}
    assert {"chemotherapy_current", "anticancer_medicine_current"} <= given
    text = text.replace("cisplatin_current", "driver_gene_medicine_current")
    given = {e.codes[0].code for e in record(text, knowledge.pack).events}
    assert "anticancer_medicine_current" in given
    assert "chemotherapy_current" not in given


# --- values --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("confusion: yes", True),
        ("confusion: no", False),
        ("confusion: true", True),
        ("confusion: false", False),
        ("confusion: 'yes'", True),
        ("confusion: unknown", Absent("recorded as unknown")),
        ("confusion: null", Absent("recorded as unknown")),
        ("grade: g2", Levels(("g2",))),
        ("grade: [g1, g2]", Levels(("g1", "g2"))),
        ("grade: [g2]", Levels(("g2",))),
        ("grade: '>= g2'", Levels(("g2", "g3"))),
        ("grade: '> g2'", Levels(("g3",))),
        ("grade: '<= g2'", Levels(("g1", "g2"))),
        ("grade: '<g2'", Levels(("g1",))),
        ("grade: unknown", Absent("recorded as unknown")),
        ("cancer: past", Levels(("past",))),
        ("age: 61 a", Quantity(61.0, 61.0, "a")),
        ("age: 61 years", Quantity(61.0, 61.0, "years")),
        ("calcium: 3.05 mmol/L", Quantity(3.05, 3.05, "mmol/L")),
        ("calcium: 12.2 mg/dl", Quantity(12.2, 12.2, "mg/dl")),
        ("calcium: '> 3.0 mmol/L'", Quantity(3.0, 3.0, "mmol/L", ">")),
        ("calcium: '<3.0mmol/L'", Quantity(3.0, 3.0, "mmol/L", "<")),
        ("calcium: '>=3 mmol/L'", Quantity(3.0, 3.0, "mmol/L", ">=")),
        ("calcium: <= 3 mmol/L", Quantity(3.0, 3.0, "mmol/L", "<=")),
        ("calcium: 3e0 mmol/L", Quantity(3.0, 3.0, "mmol/L")),
        ("calcium: -1 mmol/L", Quantity(-1.0, -1.0, "mmol/L")),
        ("calcium: low", Words("low")),
        ("calcium: normal", Words("normal")),
        ("calcium: high", Words("high")),
        ("calcium: unknown", Absent("recorded as unknown")),
        ("falls: 2", Quantity(2.0, 2.0, None)),
        ("falls: [1, 3]", Quantity(1.0, 3.0, None)),
        ("falls: '> 2'", Quantity(2.0, 2.0, None, ">")),
        ("start_date: 2026-03-01", day(20_513)),
        ("start_date: 2026-03", (20_513 * SECONDS, 20_544 * SECONDS - 1)),
        ("start_date: 2026", (20_454 * SECONDS, 20_819 * SECONDS - 1)),
        ("start_date: 2026-03-01T08:00:00Z", (20_513 * SECONDS + 28_800,) * 2),
    ],
)
def test_every_form_of_a_value_is_read(text: str, value: object, pack: Pack) -> None:
    assert only(text, pack) == value


def test_a_value_is_a_statement_of_its_variable(pack: Pack) -> None:
    (event,) = events("patient: {calcium: {value: 3 mmol/L, date: 2026-03-01}}", pack)
    assert (event.role, event.status, event.time) == ("variable", "stated", day(20_513))
    assert [(c.system, c.code) for c in event.codes] == [("bonemets", "calcium")]
    assert event.place.where == "patient.calcium"
    assert event.about is None


def test_several_values_with_their_dates(pack: Pack) -> None:
    found = events(
        "patient:\n  calcium:\n    - {value: 3 mmol/L, date: 2026-03-01}\n"
        "    - {value: 2 mmol/L, date: 2026-02}\n"
        "    - 4 mmol/L\nindex_date: 2026-03-02\n",
        pack,
    )
    assert [e.time for e in found] == [
        day(20_513),
        (20_485 * SECONDS, 20_513 * SECONDS - 1),
        day(RUN),
    ]
    assert [e.place.where for e in found] == [f"patient.calcium.{n}" for n in range(3)]


# --- dates that are not written ------------------------------------------------------------------


def test_without_any_date_a_value_is_of_the_day_of_the_run(pack: Pack) -> None:
    assert [e.time for e in events("patient: {confusion: yes}", pack)] == [day(RUN)]


def test_with_an_index_date_a_value_is_of_it(pack: Pack) -> None:
    found = record("index_date: 2026-01-05\npatient: {confusion: yes}", pack)
    assert (found.index_date, [e.time for e in found.events]) == (20_458, [day(20_458)])


def test_another_index_date_leaves_undated_values_on_the_files_own_day(pack: Pack) -> None:
    """A sign of January is not one of February because February is asked for."""
    text = "index_date: 2026-01-05\npatient: {confusion: yes}"
    found = record(text, pack, index_date=20_460)
    assert (found.index_date, [e.time for e in found.events]) == (20_458, [day(20_458)])
    alone = record("patient: {confusion: yes}", pack, index_date=20_460)
    assert [e.time for e in alone.events] == [day(20_460)]


def test_without_an_index_date_a_value_is_of_the_newest_date_in_the_file(pack: Pack) -> None:
    text = "patient: {confusion: yes, calcium: {value: 3 mmol/L, date: 2026-01-05}}"
    assert [e.time for e in events(text, pack)] == [day(20_458), day(20_458)]


def test_what_a_date_variable_says_is_not_when_the_file_was_written(pack: Pack) -> None:
    text = "patient: {start_date: 2020-01-01, confusion: yes}"
    assert {e.time for e in events(text, pack)} == {day(RUN)}


# --- lesions and lists ---------------------------------------------------------------------------


def test_a_listed_lesion_is_a_confirmed_metastasis_unless_it_says_otherwise(pack: Pack) -> None:
    text = "lesions: {list: [{id: a, lesion_pain: yes}, {id: 7, lesion_status: suspected}]}"
    found = [(e.about.key, e.codes[0].code, e.value) for e in events(text, pack) if e.about]
    assert found == [
        ("a", "lesion_pain", True),
        ("a", "lesion_status", Levels(("confirmed",))),
        ("7", "lesion_status", Levels(("suspected",))),
    ]


def test_a_list_is_complete_only_where_it_says_so(pack: Pack) -> None:
    one = "lesions: {complete: %s, list: [{id: a}]}\nindex_date: 2026-01-05\n"
    assert record(one % "yes", pack).lesions_complete == day(20_458)
    assert record(one % "true", pack).lesions_complete == day(20_458)
    assert record(one % "no", pack).lesions_complete is None
    assert record("lesions: {list: [{id: a}]}", pack).lesions_complete is None
    assert record("lesions: {complete: yes}", pack).lesions_complete == day(RUN)
    assert record("patient: {}", pack).lesions_complete is None


def test_lists_and_options_to_consider_are_kept(pack: Pack) -> None:
    found = record("complete: [medications, procedures]\nconsider: [other, drug]\n", pack)
    assert found.complete == ("medications", "procedures")
    assert found.consider == ("other", "drug")


def test_an_empty_case_is_a_record_of_nothing(pack: Pack) -> None:
    assert record("", pack).events == ()


# --- faults --------------------------------------------------------------------------------------

HEAD = "bonemets: case/1\n"
FAULTS = [
    ("¦[1]", "not-a-case", "starts `bonemets: case/1`"),
    ("¦just a word", "not-a-case", "starts `bonemets: case/1`"),
    ("bonemets: ¦case/2", "not-a-case", "case/1"),
    ("¦patient: {}", "not-a-case", "case/1"),
    (HEAD + "¦patients: {}", "unknown-key", "Did you mean `patient`?"),
    (HEAD + "¦zzz: {}", "unknown-key", "Keys here are"),
    (HEAD + "index_date: ¦2026-03", "bad-date", "YYYY-MM-DD"),
    (HEAD + "index_date: ¦soon", "bad-date", "YYYY-MM-DD"),
    (HEAD + "index_date: ¦2026-02-30", "bad-date", "YYYY-MM-DD"),
    (HEAD + "complete: ¦medications", "bad-list", "medications, conditions, procedures"),
    (HEAD + "complete: ¦[allergies]", "bad-list", "medications, conditions, procedures"),
    (HEAD + "complete: ¦[[medications]]", "bad-list", "medications"),
    (HEAD + "consider: ¦drug", "bad-list", "a list of options"),
    (HEAD + "consider: [drug, ¦othr]", "unknown-option", "Did you mean `other`?"),
    (HEAD + "consider: [¦{drug: yes}]", "unknown-option", "no option"),
    (HEAD + "consider: [¦[drug]]", "unknown-option", "no option"),
    (HEAD + "patient: ¦[confusion]", "wrong-shape", "a table"),
    (HEAD + "patient: {¦confusoin: yes}", "unknown-variable", "Did you mean `confusion`?"),
    (HEAD + "patient: {¦doubled_calcum: 3}", "unknown-variable", "mean `calcium_doubled`?"),
    (HEAD + "patient: {¦score_doubled: 3}", "unknown-variable", "knowledge list variables"),
    (HEAD + "patient: {¦zzz: yes}", "unknown-variable", "bonemets knowledge list variables"),
    (HEAD + "patient: {¦lesion_pain: yes}", "wrong-entity", "under `lesions`"),
    (
        HEAD + "patient: {¦calcium_doubled: 3 mmol/L}",
        "computed-variable",
        "State what it follows from",
    ),
    (HEAD + "patient: {¦risk_total: 3}", "computed-variable", "State what it follows from"),
    (HEAD + "patient: {confusion: ¦maybe}", "wrong-type", "yes, no or unknown"),
    (HEAD + "patient: {confusion: ¦1}", "wrong-type", "yes, no or unknown"),
    (HEAD + "patient: {confusion: ¦[yes, no]}", "wrong-type", "yes, no or unknown"),
    (HEAD + "patient: {grade: ¦g11}", "unknown-level", "Did you mean `g1`?"),
    (HEAD + "patient: {grade: ¦highest}", "unknown-level", "One of g1, g2, g3."),
    (HEAD + "patient: {grade: ¦[g1, g9]}", "unknown-level", "`grade`"),
    (HEAD + "patient: {grade: ¦[]}", "unknown-level", "One of g1, g2, g3."),
    (HEAD + "patient: {grade: '¦< g1'}", "unknown-level", "no level is left"),
    (HEAD + "patient: {cancer: ¦urrent}", "unknown-level", "`cancer`. One of current"),
    (HEAD + "patient: {cancer: '¦> current'}", "unknown-level", "`cancer`"),
    (HEAD + "patient: {calcium: ¦3.05}", "unit-missing", "such as `3 mmol/L`"),
    (HEAD + "patient: {calcium: ¦3.05 kg}", "unknown-unit", "Write it in mmol/L"),
    (HEAD + "patient: {calcium: ¦3.05 MMOL/L}", "unknown-unit", "Write it in mmol/L"),
    (HEAD + "patient: {calcium: '¦3,05 mmol/L'}", "unknown-unit", "Write it in mmol/L"),
    (HEAD + "patient: {calcium: ¦three mmol/L}", "not-a-number", "such as `3 mmol/L`"),
    (HEAD + "patient: {calcium: ¦nan mmol/L}", "not-a-number", "mmol/L"),
    (HEAD + "patient: {calcium: ¦inf mmol/L}", "not-a-number", "mmol/L"),
    (HEAD + "patient: {calcium: ¦1e999 mmol/L}", "not-a-number", "too large"),
    (HEAD + "patient: {calcium: ¦٣ mmol/L}", "not-a-number", "mmol/L"),
    (HEAD + "patient: {calcium: ¦yes}", "not-a-number", "mmol/L"),
    (HEAD + "patient: {calcium: ¦true}", "not-a-number", "mmol/L"),
    (HEAD + "patient: {calcium: ¦[2 mmol/L, 3 mmol/L]}", "not-a-number", "mmol/L"),
    (HEAD + "patient: {falls: ¦[1, 2.5]}", "not-a-number", "such as `3`"),
    (HEAD + "patient: {falls: ¦2 mmol/L}", "unknown-unit", "Write it in 1"),
    (HEAD + "patient: {start_date: ¦yesterday}", "bad-date", "Write YYYY-MM-DD"),
    (HEAD + "patient: {start_date: ¦2026-13-01}", "bad-date", "Write YYYY-MM-DD"),
    (HEAD + "patient: {start_date: ¦01/02/2026}", "bad-date", "Write YYYY-MM-DD"),
    (HEAD + "patient: {calcium: {value: 3 mmol/L, date: ¦soon}}", "bad-date", "Write YYYY-MM-DD"),
    (HEAD + "patient: {calcium: {value: 3 mmol/L, ¦when: x}}", "unknown-key", "`value` and `date`"),
    (HEAD + "patient: {calcium: ¦{date: 2026-03-01}}", "missing-key", "`value` is missing"),
    (HEAD + "lesions: ¦[a]", "wrong-shape", "`complete` and `list`"),
    (HEAD + "lesions: {¦lists: []}", "unknown-key", "`complete` and `list`"),
    (HEAD + "lesions: {list: ¦a}", "wrong-shape", "at most 200"),
    (
        HEAD + "lesions: {list: ¦[" + ", ".join(f"{{id: l{n}}}" for n in range(201)) + "]}",
        "wrong-shape",
        "at most 200",
    ),
    (HEAD + "lesions: {list: [¦a]}", "missing-key", "an `id`"),
    (HEAD + "lesions: {list: [¦{lesion_pain: yes}]}", "missing-key", "an `id`"),
    (HEAD + "lesions: {list: [¦{id: {a: b}}]}", "missing-key", "an `id`"),
    (HEAD + "lesions: {list: [{id: a}, {id: ¦a}]}", "duplicate-lesion", "Rename one"),
    (HEAD + f"lesions: {{list: [{{id: ¦{'a' * 201}}}]}}", "too-long", "at most 200 characters"),
    (HEAD + "lesions: {list: [{id: a, ¦confusion: yes}]}", "wrong-entity", "under `patient`"),
    (HEAD + "lesions: {list: [{id: a, ¦lesion_pian: yes}]}", "unknown-variable", "`lesion_pain`?"),
    (HEAD + "lesions: {complete: ¦perhaps}", "wrong-type", "yes or no"),
    (HEAD + "patient: {confusion: yes, ¦confusion: no}", "duplicate-key", "c.yaml:2:11"),
    (HEAD + "patient: {confusion: ¦!!bool yes}", "yaml-tag", "plain value"),
]


@pytest.mark.parametrize(("text", "code", "mend"), FAULTS)
def test_a_fault_refuses_the_file_with_its_place_and_its_mend(
    text: str, code: str, mend: str, pack: Pack
) -> None:
    plain, ((line, column),) = marked(text)
    (fault,) = refused(plain, pack)
    assert (fault.file, fault.line, fault.column, fault.code) == ("c.yaml", line, column, code)
    assert mend in fault.message


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("total_calcum", "total_calcium"),
        ("calcum_total", "total_calcium"),
        ("metastasis_bone", "bone_metastasis"),
        ("weight_of_body", "body_weight"),
        ("worst_pain", "pain_worst_24h"),
        ("cord_compression", "metastatic_spinal_cord_compression"),
        ("bladder_change", "bladder_bowel_change"),
        ("bone_of_the_arm", None),
        ("pain_bone_new", None),
        ("worst_leg", None),
        ("back_pain", None),
        ("previous_radiotherapy", None),
        ("primary_tumour", None),
        ("total", None),
        ("metastases", None),
        ("colour_of_eyes", None),
    ],
)
def test_the_nearest_of_our_variables_is_named_and_no_far_one(
    name: str, near: str | None, knowledge: Knowledge
) -> None:
    assert near == nearest(name, knowledge.pack.variables)


@pytest.mark.parametrize(
    ("name", "some"),
    [
        ("primary_sight", "Is it `primary_site` or "),
        ("metastases", "`bone_metastasis`"),
        ("egfr", "Is it `egfr_ckd_epi_2021`? If none, `bonemets knowledge list variables`"),
        ("tomita_lung", "`bonemets knowledge list variables` names them"),  # ours are computed
        ("address", "is not a variable. `bonemets knowledge list variables` names them."),
    ],
)
def test_names_with_like_words_are_given_to_choose_from(
    name: str, some: str, knowledge: Knowledge
) -> None:
    (fault,) = refused(HEAD + f"patient: {{{name}: 1}}\n", knowledge.pack)
    assert some in fault.message
    assert "tomita_growth" not in fault.message


def test_of_many_unknown_names_the_first_alone_are_compared_with_all(
    knowledge: Knowledge,
) -> None:
    names = ", ".join(f"primary_sight_{n}: 1" for n in range(300))
    found = refused(HEAD + f"patient: {{{names}}}\n", knowledge.pack)
    assert len(found) == 300
    assert all("Is it" in fault.message or "mean" in fault.message for fault in found[:10])
    assert not any("Is it" in fault.message or "mean" in fault.message for fault in found[10:])


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        ("morphine_current: yes", True),
        ('morphine_oral_daily_dose: "20 mg/d"', True),
        ("morphine_current: no", None),
        ("morphine_current: unknown", None),
        ("morphine_current: yes, opioid_current: unknown", None),
    ],
)
def test_who_takes_a_medicine_takes_one_of_its_kind(
    told: str, kind: bool | None, knowledge: Knowledge
) -> None:
    """Whether or not the list of medicines is whole; of one not taken others may be."""
    text = f"bonemets: case/1\nindex_date: 2026-03-02\npatient: {{{told}}}\n"
    record = read(text.encode(), "case", knowledge.pack, run_day=RUN, index_date=None)
    said = [e.value for e in record.events if e.codes[0].code == "opioid_current"]
    assert ([kind] if kind else []) == [x for x in said if isinstance(x, bool)]


def test_at_a_lesion_a_variable_of_lesions_is_meant(knowledge: Knowledge) -> None:
    """One of the patient would be refused there too."""
    text = HEAD + "lesions:\n  list:\n    - {id: a, worst_pain: 5}\n"
    (fault,) = refused(text, knowledge.pack)
    assert "Did you mean `pain_worst_at_site`?" in fault.message


def test_all_faults_come_at_once(pack: Pack) -> None:
    text = HEAD + (
        "patient:\n  ¦confusoin: yes\n  grade: ¦g9\n  calcium: ¦3\n"
        "lesions:\n  list:\n    - ¦{lesion_pain: yes}\n"
    )
    plain, places = marked(text)
    assert [(f.line, f.column) for f in refused(plain, pack)] == places


def test_no_fault_tells_a_value(pack: Pack) -> None:
    for text in (
        "patient: {confusion: secret}",
        "patient: {grade: secret}",
        "patient: {calcium: secret}",
        "patient: {calcium: 3 secret}",
        "patient: {start_date: secret}",
        "patient: {calcium: {value: 1 kg, date: secret}}",
        "index_date: secret",
        "complete: [secret]",
        "consider: [secret]",
        "lesions: {complete: secret}",
    ):
        assert all("secret" not in str(fault) for fault in refused(HEAD + text, pack))


# --- what a case file is -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "case"),
    [
        (b"bonemets: case/1", True),
        (b"# note\nbonemets: case/1", True),
        ("bonemets: case/1".encode("utf-16"), True),
        ("bonemets: case/1".encode("utf-8-sig"), True),
        (b'{"resourceType": "Bundle", "id": "bonemets"}', False),
        (b"[1]", False),
        (b"", False),
        (b"patient: {}", False),
    ],
)
def test_a_case_file_is_told_from_a_bundle(data: bytes, case: bool) -> None:
    assert is_case(data) is case


def test_a_case_file_in_utf_16_is_read(pack: Pack) -> None:
    data = (HEAD + "patient: {confusion: yes}").encode("utf-16")
    assert [e.value for e in read(data, "c.yaml", pack, run_day=RUN).events] == [True]


# --- the samples of the design -------------------------------------------------------------------

DESIGN = """\
bonemets: case/1
index_date: 2026-03-02                 # optional
complete: [medications]                # optional: lists that hold everything
patient:
  age: 61 a
  sex_at_birth: female
  cancer: current
  primary_site: breast
  total_calcium: {value: 3.05 mmol/L, date: 2026-03-01}    # a list of these for several
  egfr_ckd_epi_2021: "> 60 mL/min/{1.73_m2}"               # comparators as laboratories write them
  limb_weakness: no
  walking: [alone, with_aid]                               # one of these
lesions:
  complete: true                       # this list holds every bone metastasis
  list:
    - {id: t8, lesion_site: thoracic_spine, vertebral_level: t8, lesion_quality: lytic}
"""


@pytest.mark.needs_shared
def test_the_sample_here_is_the_one_in_the_design(shared: Path) -> None:
    text = (shared / "design.md").read_text(encoding="utf-8")
    assert re.sub(r"^    ", "", text, flags=re.MULTILINE).count(DESIGN) == 1


def test_the_sample_of_the_design_is_assessed(knowledge: Knowledge) -> None:
    case = read(DESIGN.encode(), "case.yaml", knowledge.pack, run_day=RUN)
    found = assess(case, knowledge, run_date=date(2026, 3, 2))
    assert found.index_date == "2026-03-02"
    assert found.index_note is None
    assert any("medications" in line for line in found.assumptions)
    assert found.scope.open
    assert found.lesions_complete
    assert [(x.id, x.status) for x in found.lesions] == [("t8", "confirmed")]
    assert {o.id for o in found.options} >= {"zoledronic_acid_skeletal"}
    numbers = {n.id: n for n in found.numbers}
    assert (numbers["total_calcium"].value.low, numbers["total_calcium"].value.high) == (3.05, 3.05)
    egfr = numbers["egfr_ckd_epi_2021"].value
    assert egfr.low is not None
    assert 60 < egfr.low < 60.0001
    assert egfr.high is None
    (sins,) = [s for s in found.scores if s.id == "sins"]
    assert sins.lesion == "t8"
    assert sins.bands == ("stable", "potentially_unstable", "unstable")
    assert found.set_aside == ()


SINS = """\
score: sins
title: Spinal Instability Neoplastic Score
version: 2026-11-01
entity: lesion
applies: in_spine
higher_is: worse
gives: {total: sins_total, band: spine_instability}
components:                      # every level of the variable exactly once, or it does not load
  spine_junction:  {junctional: 3, mobile: 2, semirigid: 1, rigid: 0}
  spine_pain:      {mechanical: 3, occasional: 1, pain_free: 0}
  lesion_quality:  {lytic: 2, mixed: 1, blastic: 0, marrow_only: any}
  spine_alignment: {subluxation: 4, new_deformity: 2, normal: 0}
  body_collapse:   {over_half: 3, under_half: 2, involved_over_half: 1, none_of_these: 0}
  posterolateral:  {bilateral: 3, unilateral: 1, uninvolved: 0}
bands:                           # must tile 0-18 with no gap and no overlap
  stable:               {from: 0,  to: 6}
  potentially_unstable: {from: 7,  to: 12}
  unstable:             {from: 13, to: 18}
"""


def sample_of_style(shared: Path) -> str:
    text = (shared / "style.md").read_text(encoding="utf-8")
    whole = re.sub(r"^    ", "", text, flags=re.MULTILINE)
    start = whole.index(SINS)
    return whole[start : whole.index("\n\n", start)] + "\n"


@pytest.mark.needs_shared
def test_the_sample_of_the_style_guide_loads_as_an_item(shared: Path) -> None:
    document = parse(sample_of_style(shared), "spine/sins.yaml")
    builder = Builder(document)
    built = builder.build(
        Score, {k: v for k, v in document.value.items() if k != "score"}, (), frozenset({"id"})
    )
    assert builder.faults == []
    assert built.components["lesion_quality"]["marrow_only"] == "any"
    assert (built.bands["unstable"].from_, built.bands["unstable"].to) == (13.0, 18.0)
    assert [e.name for e in built.examples] == [
        "upper edge of stable",
        "alignment unknown, band still open",
        "lesion quality unknown, band already settled",
    ]


@pytest.mark.needs_shared
def test_the_sample_of_the_style_guide_holds_and_its_examples_come_out(
    shared: Path, tmp_path: Path
) -> None:
    """Laid over our own pack: the shipped score is the same but for what the print leaves open."""
    (tmp_path / "sins.yaml").write_text(sample_of_style(shared), encoding="utf-8")
    pack = check_knowledge(tmp_path, allow_weaker=True)
    assert pack.scores["sins"].version == "2026-11-01"
    replay = Replay(pack)
    score = pack.scores["sins"]
    assert [str(f) for e in score.examples for f in replay.one("sins", score, e)] == []


def test_unknown_says_nothing_of_what_follows_from_others(pack: Pack) -> None:
    """The lesions decide it, as if nothing had been written."""
    (event,) = events("patient: {metastasis: unknown, confusion: unknown}", pack)
    assert event.codes[0].code == "confusion"
    assert only("metastasis: absent", pack) == Levels(("absent",))


def test_times_are_told_on_the_files_most_frequent_clock(pack: Pack) -> None:
    times = ("2026-03-01T08:00:00+02:00", "2026-03-01T07:00:00+02:00", "2026-03-01T06:30:00Z")
    listed = ", ".join(f"{{value: 3 mmol/L, date: '{time}'}}" for time in times)
    found = record(f"patient: {{calcium: [{listed}]}}", pack)
    assert found.offset_minutes == 120
    assert [(e.time[0] - 20_513 * SECONDS) / 3600 for e in found.events if e.time] == [8, 7, 8.5]
