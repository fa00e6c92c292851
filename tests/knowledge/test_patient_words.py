"""What patients read is plain: short words and sentences, no dose, nothing that scares or blames.

The grade is that of Flesch and Kincaid: 0.39 times words per sentence, plus 11.8 times syllables
per word, minus 15.59 (Kincaid JP, Fishburne RP, Rogers RL, Chissom BS. Derivation of new
readability formulas for Navy enlisted personnel. Research Branch Report 8-75, Naval Technical
Training Command, 1975).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from bonemets.api import load_pack
from bonemets.pack.items import Card, Interaction, Investigation, Score, Step
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


def test_every_patient_text_is_easy_to_read() -> None:
    assert len(TEXTS) > 100
    hard = {where: text for where, text in TEXTS.items() if grade(text) > HIGHEST_GRADE}
    assert hard == {}


def test_no_patient_text_holds_a_dose() -> None:
    assert {where: text for where, text in TEXTS.items() if DOSE.search(text)} == {}


def test_no_patient_text_uses_a_banned_word() -> None:
    assert {where: found for where, text in TEXTS.items() if (found := banned(text))} == {}


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


# --- one word for each class, one place and one speed for each sign -------------------------------


class Call(NamedTuple):
    """One thing that a text tells to do: whom to call, how soon, and about what."""

    who: str
    when: str
    about: str


WHO: dict[str, str] = {
    "emergency number": "emergency",
    "emergency department": "emergency",
    "it": "emergency",
    "staff": "staff",
    "team": "team",
    "them": "team",
    "doctor": "team",
    "dentist": "team",
    "crisis line": "team",
}
CALLS = re.compile(rf"\b(?:call|phone|tell|go to)\b[^.]*?\b({'|'.join(WHO)})\b", re.IGNORECASE)
SPEED = re.compile(r"\b(now|today|this week|next contact)\b")


def calls(text: str) -> Iterator[Call]:
    """Read what a text tells to do; a sentence may tell two ("call now for …, and today for …").

    "Call it too" goes on from the emergency number, which is always called now; "if you cannot
    reach them" is no sign.
    """
    for sentence in re.split(r"(?<=[.!?:])\s+|; ", text):
        called = CALLS.search(sentence)
        if not called or re.search(r"cannot reach (?:them|anyone)", sentence):
            continue
        for clause in re.split(r",? and (?=(?:today|now|this week)\b)", sentence):
            speed = SPEED.search(clause)
            when = speed[1] if speed else "now" if called[1] == "it" else ""
            yield Call(WHO[called[1]], when, clause)


OTHER_WORDS = re.compile(
    r"\b(?:at once|right away|straight away|same day|immediately|tomorrow|without delay"
    r"|as soon as possible)\b",
    re.IGNORECASE,
)
"""Speeds that are no class: see "Texts for patients" in docs/how-to/write-a-knowledge-file.md."""
SAID_OF: dict[str, str] = {
    "now": "now",
    "today": "now",
    "within_24_hours": "today",
    "this_week": "this week",
}
"""Class of an alert -> when to call. Who is to be seen today has to phone now.

"At your next contact" is held to by the test on alerts that can wait, further up.
"""

WAITS = ("within_24_hours", "this_week")
"""Classes of which "when to call" does not say by when somebody looks."""

SIGNS: dict[str, tuple[str, set[tuple[str, str]]]] = {
    "weak or numb legs": (
        r"\blegs? (?:or arms )?(?:is |are |get |gets )?(?:newly )?(?:weak|numb)"
        r"|\b(?:weak|numb) legs?\b",
        {("emergency", "now"), ("staff", "now")},
    ),
    "trouble walking": (
        r"trouble walking|cannot walk",
        {("emergency", "now"), ("staff", "now")},
    ),
    "bladder or bowel": (
        r"pass urine|bladder|bowel (?:has )?change|leak",
        {("emergency", "now"), ("staff", "now")},
    ),
    "a weak or numb arm": (
        r"\barm (?:is |gets )?(?:newly |suddenly )?(?:weak|numb)|\b(?:weak|numb) arm\b",
        {("team", "now")},
    ),
    "tingling": (r"tingl", {("team", "now")}),
    "the jaw": (r"jaw pain|\bpus\b|loose tooth|sore jaw|numb lip", {("team", "today")}),
    "eyesight": (r"\bsight\b", {("emergency", "now")}),
    "a face that drops": (r"face drops|face (?:is )?weak", {("emergency", "now")}),
    "swallowing": (r"cannot swallow", {("emergency", "now")}),
    "a swollen mouth": (r"(?:mouth|neck) swells", {("emergency", "now")}),
    "confused or hard to wake": (
        r"confus|hard to wake|very sleepy|breathes? (?:very )?slow",
        {("emergency", "now")},
    ),
    "twitching": (r"twitch|jerk|see things", {("team", "now")}),
    "vomiting and no stool": (r"vomit as well|vomit and your belly", {("team", "now")}),
    "little urine": (r"(?:little|less) urine", {("team", "today")}),
    "bleeding": (r"(?<!small )bleed(?:ing|s)?\b", {("emergency", "now")}),
    "small bleeds": (r"small bleeds", {("team", "now")}),
    "bruises": (r"bruise", {("team", "now")}),
    "a calf": (r"\bcalf\b", {("team", "now")}),
    "chest": (r"chest pain|pain in the chest|sudden short breath", {("emergency", "now")}),
    "a bone that snaps": (r"\bsnaps?\b", {("emergency", "now")}),
    "pain under load": (
        r"(?:pain|hurts?|ache)[^,.]*(?:on standing|to stand|stand on|when you stand|lifting)",
        {("team", "today")},
    ),
    "the thigh": (r"ache in the thigh", {("team", "today")}),
    "back pain": (r"\b(?:back|neck) (?:pain|starts to hurt)", {("team", "today")}),
    "severe pain": (r"(?<!belly )\bpain (?:that )?is severe", {("team", "now")}),
    "a fit": (r"\bfits?\b", {("emergency", "now")}),
    "fever": (r"fever|38 °C|temperature is", {("emergency", "now"), ("team", "today")}),
    "thoughts of death": (r"ending your life|harming yourself", {("team", "now")}),
    "a wish to act on them": (r"act on (?:it|them)|may end your life", {("emergency", "now")}),
    "a blow to the head": (r"hit your head", {("emergency", "now")}),
    "tired": (r"\btired\b", {("team", "today")}),
}
"""Sign -> how it is named, and whom to call how soon, in whatever text it stands."""
NAMED_REASON: dict[tuple[str, str], str] = {
    ("a weak or numb arm", "cord_compression_no_known_cancer"): "there is no cancer team yet",
    ("a weak or numb arm", "nsaid"): "sudden, with the face: a stroke",
    ("fever", "duloxetine_neuropathic_pain"): "with stiff muscles",
    ("fever", "pain_crisis_causes"): "told to those who have come already",
    ("bleeding", "leg_ultrasound_today"): "told before a test, of somebody who bleeds easily",
}
"""Where a sign is told of otherwise: the text itself names what makes the difference."""
LOW = re.compile(r"calcium (?:that )?is (?:known to be )?low|low calcium|as your calcium is low")
"""Tingling is told to the emergency number where the calcium is known to be low (HYPO-02)."""
MORE = re.compile(r"calcium is high|calcium in your blood is\. If it is high|two or more|as well")
"""Being tired is told now where the calcium is known to be high, or with a second of its signs."""
HIGH = re.compile(r"[Bb]ecause your calcium is high")
"""Little urine is told now where the calcium is known to be high: the kidneys are at risk."""


def at(where: str) -> str:
    """Give the item or action that a text belongs to."""
    return where.removeprefix("action ").split(":")[0]


def told_otherwise(where: str, text: str) -> list[str]:
    """Give each sign for which a text names another place or speed than all others."""
    return [
        f"{sign}: {call.about!r} tells {call.who} {call.when or 'without a time'}"
        for call in calls(text)
        for sign, (named, right) in SIGNS.items()
        if re.search(named, call.about)
        and (call.who, call.when) not in right
        and (sign, at(where)) not in NAMED_REASON
        and not (sign == "tingling" and call[:2] == ("emergency", "now") and LOW.search(text))
        and not (sign == "tired" and call[:2] == ("team", "now") and MORE.search(text))
        and not (sign == "little urine" and call[:2] == ("team", "now") and HIGH.search(text))
    ]


def test_a_sign_has_one_place_to_call_and_one_speed() -> None:
    odd = {where: told_otherwise(where, text) for where, text in TEXTS.items()}
    assert {where: signs for where, signs in odd.items() if signs} == {}


def test_a_sign_is_told_of_often_enough_for_the_rule_to_mean_something() -> None:
    told = [call.about for text in TEXTS.values() for call in calls(text)]
    seldom = {
        s for s, (named, _) in SIGNS.items() if sum(bool(re.search(named, x)) for x in told) < 2
    }
    assert seldom == set()


def test_no_reason_stands_for_a_text_that_does_not_need_it() -> None:
    needed = {
        (sign, at(where))
        for where, text in TEXTS.items()
        for call in calls(text)
        for sign, (named, right) in SIGNS.items()
        if re.search(named, call.about) and (call.who, call.when) not in right
    }
    assert set(NAMED_REASON) - needed == set()


def test_a_speed_is_now_today_this_week_or_the_next_contact() -> None:
    others = {
        where: OTHER_WORDS.findall(text.replace("Do not wait until tomorrow", ""))
        for where, text in TEXTS.items()
    }
    assert {where: found for where, found in others.items() if found} == {}


def test_the_emergency_number_is_called_now() -> None:
    odd = {
        where: call.about
        for where, text in TEXTS.items()
        for call in calls(text)
        if call.who == "emergency" and call.when != "now"
    }
    assert odd == {}


SEEN_TODAY = re.compile(
    r"\b(?:should|must|needs? to|reason to) be seen\b[^.]*\btoday\b", re.IGNORECASE
)
"""Said beside "call now", it leaves open whether to wait; "ask to be seen today" does not."""


def waits_beside_now(text: str) -> bool:
    return bool(SEEN_TODAY.search(text)) and any(c.when == "now" for c in calls(text))


def test_who_calls_now_is_told_to_ask_to_be_seen_and_not_that_it_is_for_today() -> None:
    asked = [where for where, text in TEXTS.items() if "o be seen today" in text]
    assert len(asked) > 15
    assert [where for where, text in TEXTS.items() if waits_beside_now(text)] == []


def test_seen_today_beside_now_is_noticed() -> None:
    assert waits_beside_now("You should be seen today. Go to the emergency department now.")
    assert not waits_beside_now("Phone your cancer team now and ask to be seen today.")
    assert not waits_beside_now("You should be seen by a doctor today, not only on the phone.")


ALERTS = load_pack().pack.alerts
EITHER = re.compile(r"team,? or (?:go|the emergency)|team now\. Or go")
"""A choice of team or emergency department: the department is for when nobody answers."""


def test_no_text_leaves_the_choice_between_team_and_emergency_department() -> None:
    assert {where: text for where, text in TEXTS.items() if EITHER.search(text)} == {}
    assert EITHER.search("Phone your cancer team or go to the emergency department now.")
    assert EITHER.search("Phone your cancer team now. Or go to the emergency department now.")


SEEN_BY = re.compile(
    r"within (?:a|two|three) (?:days?|weeks?)|this week at the latest|seen this week"
)
NO_TERM: dict[str, str] = {"operation_before_tissue": "before the operation, whenever that is"}
"""Alerts that can wait for hours or days and do not say by when: each with what they say."""


def test_who_can_wait_is_told_by_when_to_be_seen_or_tested() -> None:
    """ "Phone today" says when to call, and not when somebody has to look."""
    waiting = {n: a.say.patient for n, a in ALERTS.items() if a.urgency in WAITS}
    assert len(waiting) > 20
    assert {n for n, text in waiting.items() if not SEEN_BY.search(text)} == set(NO_TERM)


def test_who_may_have_too_much_of_an_opioid_is_told_to_ask_before_the_next_dose() -> None:
    """Else nothing says whether to take it while nobody has answered."""
    told = {w: text for w, text in TEXTS.items() if re.search(r"\bsee(?:ing)? things\b", text)}
    asked = {where for where, text in told.items() if "before the next dose" in text}
    asked |= {where for where, text in told.items() if "before you take the next dose" in text}
    assert len(told) > 8
    assert set(told) - asked == {"action call_sooner_signs"}


LEGS = "weak or numb legs, numbness between the legs, or trouble passing urine or stool"
LEGS_WORSE = "if your legs get weaker or more numb, or for new trouble passing urine or stool"
"""In a compressed cord something is weak already: what counts is what gets worse."""


def test_a_treatment_near_the_spine_names_the_danger_signs_in_one_wording() -> None:
    """Each may be read alone, so the sentence stays with each; two wordings look like two rules."""
    told = {
        name: option.say.patient
        for name, option in load_pack().pack.options.items()
        if re.search(r"(?:weak|numb)\w* [^.]*legs|legs get [^.]*(?:weak|numb)", option.say.patient)
    }
    assert len(told) > 15
    odd = {n: text for n, text in told.items() if LEGS not in text and LEGS_WORSE not in text}
    assert odd == {}


def test_an_alert_tells_to_call_in_the_word_of_its_class() -> None:
    odd = {
        name: alert.say.patient
        for name, alert in ALERTS.items()
        if alert.called in SAID_OF
        and SAID_OF[alert.called] not in {call.when for call in calls(alert.say.patient)}
    }
    assert odd == {}


def test_a_word_of_another_class_is_named_only_where_the_text_uses_it() -> None:
    """Else the leaflet would tell to call now under "soon", or the other way round."""
    others = [alert for alert in ALERTS.values() if alert.call_as]
    assert others
    assert [x.id for x in others if SAID_OF[x.called] == SAID_OF[x.urgency]] == []


# --- the headings of the guide --------------------------------------------------------------------

WORDS = ("now", "today", "this week", "next contact")
"""When to call, the soonest first."""
ONLY_IF = re.compile(r"\b(?:[Ii]f|for|about|Because|Others)\b")
"""What is told for some signs only may be sooner than the rest: each text names such signs."""


def soonest(text: str) -> str:
    """Give when a text tells everybody whom it concerns to call; empty: it tells some only."""
    told = [c.when for c in calls(text) if c.when and not ONLY_IF.search(c.about)]
    return min(told, key=WORDS.index, default="")


def test_no_heading_of_the_guide_is_slower_than_a_text_beneath_it() -> None:
    """The heading says when to call; who reads no further is not to come late."""
    guide = load_pack().pack.guide
    assert guide is not None
    late: dict[str, str] = {}
    seen = 0
    for name, alert in ALERTS.items():
        head = getattr(guide.words.calls, alert.called)
        said, wanted = SPEED.findall(head), soonest(alert.say.patient)
        assert len(said) == 1, head
        seen += bool(wanted)
        if wanted and WORDS.index(said[0]) > WORDS.index(wanted):
            late[name] = f"{head} < {alert.say.patient}"
    assert late == {}
    assert seen > len(ALERTS) * 0.7


def test_a_heading_that_is_slower_would_be_noticed() -> None:
    assert soonest("Phone your cancer team now. You should be seen today.") == "now"
    assert soonest("Phone your cancer team today. Phone them now if it grows.") == "today"


# --- titles of treatments -------------------------------------------------------------------------

TITLES = {identity: x.patient_title for identity, x in load_pack().pack.options.items()}
CLINICAL = re.compile(
    r"skeletal|metasta|vertebr|radiotherap|stereotactic|fraction|opioid-|neuropath|corticost"
    r"|hypercalc|cauda|prosthes|psycho-|intrathecal|systemic|modifying|antagonist|lesion|events",
    re.IGNORECASE,
)
"""Words of clinicians, which no title for patients uses."""


def test_a_treatment_has_a_title_of_its_own_for_patients() -> None:
    assert len(set(TITLES.values())) == len(TITLES)


@pytest.mark.parametrize("name", TITLES)
def test_a_title_for_patients_is_short_and_in_their_words(name: str) -> None:
    title = TITLES[name]
    assert len(words(title)) <= 14
    assert banned(title) == []
    assert not CLINICAL.search(title)
    assert not title.endswith(".")


AS_IF = re.compile(
    r"(?:You (?:need|take|have (?:had|lost)|may have (?:taken|two))"
    r"|Your (?:blood (?:shows|count is|clots|is short|may not)|(?:blood )?calcium is|high|kidneys"
    r"|platelets|pain is|antibiotic|stomach tablet|hormone tablet)"
    r"|(?:One|Another|Some) of your)"
)
"""How a text begins that holds for some of its readers only."""
NAMELESS = re.compile(r"(?:This|These|That|It|They)\b(?! signs need[^.]*:)")
"""How a text begins that names nothing by itself; a list of signs after a colon names them."""


def test_what_stands_without_a_title_is_true_for_whoever_reads_it() -> None:
    """The guide is read by everybody; only alerts are said to be what you would be told."""
    pack = load_pack().pack
    odd = {
        identity: item.say.patient
        for identity, item in pack.items().items()
        if isinstance(item, Score | Investigation | Step | Interaction | Card)
        and AS_IF.match(item.say.patient)
    }
    assert odd == {}


def test_no_text_begins_with_what_only_its_title_names() -> None:
    odd = {
        where: text
        for where, text in TEXTS.items()
        if where in load_pack().pack.items() and NAMELESS.match(text)
    }
    assert odd == {}


def test_a_fit_is_a_seizure_and_what_is_blocked_is_the_bowel() -> None:
    """What suits somebody suits them; a signal is stopped, a nerve is numbed."""
    odd = {
        where: text
        for where, text in TEXTS.items()
        if re.search(r"(?<!\b[Aa] )(?<!\bcause )\bfits?\b|(?<!bowel is )\bblock\w*", text)
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


def test_what_a_text_tells_to_do_is_read() -> None:
    text = "Call your team now for cramps, and today for jaw pain. Call it too for a fit. Rest."
    assert [x[:2] for x in calls(text)] == [
        ("team", "now"),
        ("team", "today"),
        ("emergency", "now"),
    ]
    assert [x[:2] for x in calls("If you cannot reach them, go to the emergency department.")] == []


@pytest.mark.parametrize(
    "text",
    [
        "Call your team today if your legs get weak.",
        "Call the emergency number if you have a fit.",
        "Phone your cancer team this week if your lips tingle.",
        "Call your team for jaw pain.",
    ],
)
def test_a_sign_with_another_place_or_speed_is_noticed(text: str) -> None:
    assert told_otherwise("somewhere", text)
