"""What patients read is plain: short words and sentences, no dose, nothing that scares or blames.

The grade is that of Flesch and Kincaid: 0.39 times words per sentence, plus 11.8 times syllables
per word, minus 15.59 (Kincaid JP, Fishburne RP, Rogers RL, Chissom BS. Derivation of new
readability formulas for Navy enlisted personnel. Research Branch Report 8-75, Naval Technical
Training Command, 1975).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from bonemets.api import load_pack
from bonemets.pack.load import Pack
from bonemets.pack.words import DOSE
from bonemets.renderers.words import share_words
from bonemets.writing.options import shares_of

HIGHEST_GRADE = 7.0

BANNED: dict[str, str] = {
    r"terminal\w*": "says that somebody is dying where a symptom is meant",
    r"incurable": "takes hope away; say what can be done",
    r"hopeless\w*": "takes hope away",
    r"no hope": "takes hope away",
    r"nothing (?:more|else) (?:can|could|to) be done": "is never true: comfort can always be given",
    r"nothing (?:more|else) (?:we|that|they|you) can": "is never true",
    r"giv(?:e|es|en|ing) up": "blames",
    r"battl\w+|fought|wars?|warriors?|enem(?:y|ies)|weapons?": "war: who gets worse has then lost",
    # A body may fight an infection.
    r"fight(?:s|ing)?(?! (?:an? |off |the )*infections?)": "war: who gets worse has then lost",
    r"victims?": "makes a person helpless",
    r"suffer\w*": "judges how somebody lives with an illness",
    r"(?:you|patients?) (?:have |has )?fail\w*": "medicines may not work; people do not fail",
    r"fail(?:s|ed|ing|ure)? (?:treatment|therapy|chemotherapy|radiotherapy)": "people do not fail",
    r"(?:treatment|therapy|chemotherapy|radiotherapy) (?:has |have |had )?fail\w*": (
        "say that it no longer works"
    ),
    r"complain\w*": "a symptom is told, not complained of",
    r"refus\w+": "blames; say that somebody does not want it",
    r"complian\w*|non-?complian\w*|complied|comply": "blames",
    r"cancer patients?": "a person comes first: people with cancer",
    r"death sentence|fatal\w*|lethal\w*|deadly|killers?": "frightens and does not say what to do",
    r"horrible|horrif\w+|terrible|terrify\w*|dreadful|devastat\w+|catastroph\w+": "frightens",
    r"time bomb|silent killer": "frightens",
    r"don'?t worry|do not worry|no need to worry|nothing to worry about|harmless": (
        "comforts where nobody has looked yet"
    ),
    r"not an emergency": "no symptom is called harmless on a page",
    r"999|911|112": "numbers differ by country: call the emergency number",
}
"""Words that a patient's text does not use, each with the reason."""


# --- counting -------------------------------------------------------------------------------------

SAID_OTHERWISE: dict[str, int] = {
    "area": 3,
    "areas": 3,
    "being": 2,
    "create": 2,
    "everybody": 4,
    "everything": 3,
    "fluid": 2,
    "fluids": 2,
    "hour": 2,
    "hours": 2,
    "idea": 3,
    "our": 2,
    "pacemaker": 3,
    "react": 2,
    "several": 2,
    "someone": 2,
    "something": 2,
    "sometimes": 2,
    "somewhere": 2,
    "tired": 2,
}
"""Words that the rule below counts wrongly; compared with the CMU Pronouncing Dictionary."""

SILENT = re.compile(r"(?:[^aeiouylr]|[aeiouy][lr])e$")
SILENT_INSIDE = re.compile(r"(?:[^aeiouylrszxcgh]|[^cs]h|[aeiouy][lr])es$|[^aeiouytd]ed$")
SAID_APART = re.compile(r"(?<![ct])i(?:a|ous)|iu|io(?![nu])|(?<![qg])ual|(?<=[aeiouy])ing")


def syllables(word: str) -> int:
    """Count the syllables of an English word: its groups of vowels, without a silent e.

    Two vowels that are said apart (calc-i-um) count as two.
    A number is read digit by digit, an abbreviation in capitals letter by letter.
    """
    word = re.sub(r"['’]s?$", "", word)
    if len(word) > 1 and word.isupper():
        return len(word)
    word = word.lower()
    if "-" in word:
        return sum(syllables(part) for part in word.split("-"))
    if word in SAID_OTHERWISE:
        return SAID_OTHERWISE[word]
    if word.isdigit():
        return len(word)
    count = len(re.findall(r"[aeiouy]+", word)) + len(SAID_APART.findall(word))
    stem = re.sub(r"(?:ly|ful|less|ness|ments?)$", "", word)
    if SILENT.search(stem) or SILENT_INSIDE.search(word):
        count -= 1
    return max(1, count)


def words(text: str) -> list[str]:
    return re.findall(r"[A-Za-zÀ-ÿ]+(?:['’-][A-Za-zÀ-ÿ]+)*|\d+", text)


def sentences(text: str) -> int:
    """Count what ends with a full stop, a question mark or an exclamation mark.

    The last sentence may lack its stop.
    """
    parts = re.split(r"[.!?]+(?:\s+|$)", text)
    return max(1, sum(bool(re.search(r"\w", part)) for part in parts))


def kincaid(words: int, sentences: int, syllables: int) -> float:
    return 0.39 * words / sentences + 11.8 * syllables / words - 15.59


def grade(text: str) -> float:
    """Give the grade of Flesch and Kincaid; a place that is filled later counts as a short word."""
    said = words(re.sub(r"\{.*?\}", "it", text))
    return kincaid(len(said), sentences(text), sum(map(syllables, said)))


# --- the texts ------------------------------------------------------------------------------------


def patient_texts(pack: Pack) -> Iterator[tuple[str, str]]:
    """Everything that a patient may read: of each kind of item, of actions and side effects."""
    for identity, item in pack.items().items():
        say = getattr(item, "say", None)
        if say is not None:
            yield identity, say.patient
    for identity, handout in pack.handouts.items():
        yield identity, " ".join((*handout.text, *handout.points))
    for identity, action in pack.actions.items():
        if action.patient:
            yield f"action {identity}", action.patient
    for identity, option in pack.options.items():
        for effect in option.side_effects:
            yield f"{identity}: {effect.effect}", effect.patient
        for achieved in option.effects:
            if achieved.people is not None:
                said = map(share_words, shares_of(achieved.people))
                yield f"{identity}: {achieved.what}", " ".join(said)


TEXTS = dict(patient_texts(load_pack().pack))


def banned(text: str) -> list[str]:
    """Give what a patient's text must not say."""
    return [
        f"{found[0]!r}: {why}"
        for pattern, why in BANNED.items()
        for found in re.finditer(rf"\b(?:{pattern})\b", text, re.IGNORECASE)
    ]


def test_every_kind_of_text_is_looked_at() -> None:
    pack = load_pack().pack
    assert len(TEXTS) > 100
    assert {*pack.alerts, *pack.scores, *pack.options, *pack.investigations} <= set(TEXTS)
    assert pack.handouts and {*pack.handouts} <= set(TEXTS)
    assert {f"action {n}" for n, a in pack.actions.items() if a.patient} <= set(TEXTS)


@pytest.mark.parametrize("where", TEXTS)
def test_a_patient_text_is_easy_to_read(where: str) -> None:
    assert grade(TEXTS[where]) <= HIGHEST_GRADE, TEXTS[where]


@pytest.mark.parametrize("where", TEXTS)
def test_a_patient_text_holds_no_dose(where: str) -> None:
    assert not DOSE.search(TEXTS[where]), TEXTS[where]


@pytest.mark.parametrize("where", TEXTS)
def test_a_patient_text_uses_no_banned_word(where: str) -> None:
    assert banned(TEXTS[where]) == [], TEXTS[where]


def test_an_alert_on_what_a_patient_says_tells_where_to_go_when_nobody_answers() -> None:
    """A text that is due within a day names the emergency department, one due now the number."""
    place = {
        "now": "emergency number",
        "today": "emergency department",
        "within_24_hours": "emergency department",
    }
    told = {
        name: (place[alert.urgency], alert.say.patient)
        for name, alert in load_pack().pack.alerts.items()
        if alert.urgency in place and any("/SY-" in (c.row or "") for c in alert.evidence)
    }
    assert len(told) > 10
    assert {name: text for name, (where, text) in told.items() if where not in text} == {}


def test_an_alert_that_can_wait_is_never_called_harmless() -> None:
    """It says to tell the team at the next contact, and which signs must not wait."""
    told = {
        name: alert.say.patient
        for name, alert in load_pack().pack.alerts.items()
        if alert.urgency == "next_visit"
    }
    assert told
    odd = {
        name: text
        for name, text in told.items()
        if "next contact" not in text or "emergency number now if" not in text
    }
    assert odd == {}


# --- the tools can fail ---------------------------------------------------------------------------

COUNTED: dict[int, str] = {
    1: "bone breathe clot eight heart lungs make makes once pain passed please red scan sick team"
    " the through weak whole write",
    2: "bowel breathing cancer careful centre doctor hotel hurting little needed numbness people"
    " safely seizure special surgeon swelling table tablet treated urine weakness worried X-ray CT",
    3: "area calcium everything family hospital however infection medicine operate serious tomorrow"
    " usual vomiting MRI 100",
    4: "constipated emergency everybody operation particular potassium radiation unusual",
    5: "chemotherapy immediately unusually",
    6: "radiotherapy",
}


@pytest.mark.parametrize(
    ("count", "word"), [(n, w) for n, ws in COUNTED.items() for w in ws.split()]
)
def test_syllables_are_counted(count: int, word: str) -> None:
    assert syllables(word) == count


def test_sentences_are_counted() -> None:
    assert sentences("Call now") == 1
    assert sentences("Call now.") == 1
    assert sentences("Does it hurt? Call now! Go: do not wait; not even a day.") == 3
    assert sentences("Above 37.5 degrees call now.") == 1


def test_the_formula_gives_a_printed_grade() -> None:
    """13 words in one sentence with 24 syllables are printed with a grade of 11.3."""
    assert round(kincaid(13, 1, 24), 1) == 11.3


def test_hard_words_and_long_sentences_raise_the_grade() -> None:
    plain = "Phone your team now. Keep still. Do not stand on the leg."
    hard = "Immediately communicate with your multidisciplinary oncology department."
    long = "Phone your team now and keep still and do not stand on the leg that hurts you."
    assert grade(plain) < grade(long) < HIGHEST_GRADE < grade(hard)


@pytest.mark.parametrize(
    "text",
    [
        "take 4 mg",
        "5 mL twice",
        "two tablets",
        "one more dose",
        "8 Gy in one",
        "30 units",
        "a few mg",
    ],
)
def test_a_dose_is_noticed(text: str) -> None:
    assert DOSE.search(text)


@pytest.mark.parametrize("text", ["within 24 hours", "in 2 weeks", "at T8", "below 38 degrees"])
def test_other_numbers_are_no_dose(text: str) -> None:
    assert not DOSE.search(text)


@pytest.mark.parametrize(
    "text",
    [
        "The disease is terminal.",
        "Nothing more can be done.",
        "your battle with cancer",
        "You have failed treatment.",
        "The treatment has failed.",
        "people who suffer from pain",
        "She fights her cancer.",
        "It is not an emergency.",
        "Call 999 now.",
        "Don't worry.",
    ],
)
def test_a_banned_word_is_noticed(text: str) -> None:
    assert banned(text)


@pytest.mark.parametrize(
    "text",
    [
        "Your kidneys may fail.",
        "Call the emergency number now.",
        "This is an emergency.",
        "Your body cannot fight an infection.",
    ],
)
def test_other_words_are_free(text: str) -> None:
    assert banned(text) == []
