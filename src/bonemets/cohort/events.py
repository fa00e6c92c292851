"""The event table: its columns, and records as rows of it and back.

One row for each code of each event; rows of one event have the same number. The first columns are
those of the Medical Event Data Standard, and a table that has only them is an event table too
(docs/explanation/event-table.md says what each column means).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final, cast

from bonemets.cohort.arrow import pa, pc
from bonemets.engine import DAY
from bonemets.errors import Fault, RecordRefused
from bonemets.facts.table import STATUSES
from bonemets.model import (
    LISTS,
    LONG_AGO,
    About,
    Absent,
    Code,
    Event,
    Levels,
    Limits,
    ListName,
    Place,
    Quantity,
    Record,
    Role,
    SetAside,
    Span,
    Status,
    Value,
    Words,
)
from bonemets.readers.fhir.codes import short_name

APART: Final = "//"
"""What stands between a code's system and the code."""
DRUG_SYSTEMS: Final = frozenset({"atc", "rxnorm"})
"""Systems whose codes are medicines where the table does not say what a code is about."""
OF_RECORD: Final = "record"
"""The role of a row that says something of the whole record, and not of a code."""
COMPLETE, UNREAD, LESIONS, INDEX = "complete", "unread", "lesions_complete", "index_date"

TEXT: Any = pa.string()
TIME: Any = pa.timestamp("s")
WORD: Any = pa.dictionary(pa.int32(), pa.string())
SHORT_WORD: Any = pa.dictionary(pa.int8(), pa.string())

COLUMNS: Final[dict[str, tuple[Any, str]]] = {
    "subject_id": (TEXT, "Whose event it is."),
    "time": (TIME, "From when: the first second at which it may have been. Empty: not known."),
    "code": (TEXT, "`system//code`, such as `loinc//17861-6`."),
    "numeric_value": (pa.float64(), "A number, or the lower end of a range."),
    "text_value": (TEXT, "Words: low, normal or high; levels; or why there is no value."),
    "event": (pa.int32(), "The number of the event within its patient; its rows share it."),
    "time_last": (TIME, "Until when it may have been: the last second. Empty: as `time`."),
    "role": (WORD, "What the code is: finding, drug, allergy, site, variable, record."),
    "part": (WORD, "code, site or side: whether the code is the event's, its place, its side."),
    "display": (TEXT, "The record's own word for the code."),
    "status": (WORD, "stated, denied, past, suspected, not_done or planned. Empty: stated."),
    "value": (WORD, "number, words, absent, levels, yes, no, time or answer. Empty: none."),
    "numeric_high": (pa.float64(), "The upper end of a range. Empty: as `numeric_value`."),
    "comparator": (WORD, "<, <=, > or >= before the number."),
    "unit": (WORD, "The unit as written."),
    "value_time": (TIME, "A time as value: its first second."),
    "value_time_last": (TIME, "Its last second."),
    "answers": (
        pa.list_(pa.string()),
        "The codes of an answer, each `system//code` (in CSV `|` between them).",
    ),
    "limit_low": (pa.float64(), "The lower limit printed beside the value."),
    "limit_low_unit": (WORD, "Its unit."),
    "limit_high": (pa.float64(), "The upper limit."),
    "limit_high_unit": (WORD, "Its unit."),
    "end": (TIME, "The end of a period: its first second."),
    "end_last": (TIME, "Its last second."),
    "mentioned": (TIME, "When the record last said so: the first second."),
    "mentioned_last": (TIME, "The last second."),
    "about": (
        TEXT,
        "The identifier of the lesion, body structure or condition it is about, or an empty text.",
    ),
    "sample": (TEXT, "What values of one draw share."),
    "listed": (WORD, "The list on which it stands: medications, conditions or procedures."),
    "sender": (TEXT, "The address of the system that sent it."),
    "corrects": (pa.bool_(), "Whether nothing else that is said of the same thing counts."),
    "place": (TEXT, "Where in the record it stands, such as `Observation/ca-1`."),
    "detail": (TEXT, "The part of that."),
    "text": (TEXT, "The record's own words."),
}
"""Name -> type and meaning. Only `subject_id`, `time` and `code` are needed."""

NEEDED: Final = ("subject_id", "time", "code")
SCHEMA: Final = pa.schema([(name, kind) for name, (kind, _) in COLUMNS.items()])

ROLES: Final = ("finding", "drug", "allergy", "site", "variable")
COMPARATORS: Final = ("", "<", "<=", ">", ">=")
OWN_WORDS: Final[dict[str, tuple[str, ...]]] = {
    "role": (*ROLES, OF_RECORD),
    "part": ("code", "site", "side"),
    "status": STATUSES,
    "value": ("number", "words", "absent", "levels", "yes", "no", "time", "answer"),
    "comparator": COMPARATORS[1:],
    "listed": LISTS,
}
"""Column -> its words; a cell that is empty says none, and no other word says anything."""
OF_EVENT: Final = ("role", "part", "status", "listed")
"""Columns of which another word leaves open what the event says at all.

With another kind of value or comparator it says what was looked for, and gives no value.
"""
SIGNS: Final = {"\u2264": "<=", "\u2265": ">=", "=": ""}
"""How comparators are written, too."""
NO_SUCH_WORD: Final = "its word is none of those of this column"


# --- records to rows -----------------------------------------------------------------------------


def table_of(records: Iterable[tuple[str, Record]]) -> Any:
    """Give the records of patients, by their identifiers, as one event table."""
    rows: dict[str, list[Any]] = {name: [] for name in COLUMNS}
    for subject_id, record in records:
        for row in _rows(record):
            row["subject_id"] = subject_id
            for name, column in rows.items():
                column.append(row.get(name))
    return pa.table({name: pa.array(rows[name], kind) for name, (kind, _) in COLUMNS.items()})


def _rows(record: Record) -> Iterator[dict[str, Any]]:
    """Give the rows of one record."""
    for name in record.complete:
        yield {"role": OF_RECORD, "code": f"{OF_RECORD}{APART}{COMPLETE}", "text_value": name}
    for name in record.unread:
        yield {"role": OF_RECORD, "code": f"{OF_RECORD}{APART}{UNREAD}", "text_value": name}
    if record.lesions_complete is not None:
        first, last = record.lesions_complete
        code = f"{OF_RECORD}{APART}{LESIONS}"
        yield {"role": OF_RECORD, "code": code, "time": _start(first), "time_last": last}
    if record.index_date is not None:
        first = record.index_date * DAY
        code = f"{OF_RECORD}{APART}{INDEX}"
        yield {"role": OF_RECORD, "code": code, "time": first, "time_last": first + DAY - 1}
    for number, event in enumerate(record.events):
        shared = _shared(event)
        shared["event"] = number
        for code in event.codes:
            yield {**shared, "part": "code", "code": _written(code), "display": code.display}
        if not event.codes:
            yield {**shared, "part": "code", "code": ""}
        if event.about is not None:
            for part, codes in (("site", event.about.sites), ("side", event.about.sides)):
                for code in codes:
                    yield {**shared, "part": part, "code": _written(code), "display": code.display}


def _written(code: Code) -> str:
    return f"{code.system}{APART}{code.code}"


def _start(first: int) -> int | None:
    """Give the beginning of a span as it is written: empty where nothing bounds it."""
    return None if first <= LONG_AGO else first


def _shared(e: Event) -> dict[str, Any]:
    """Give what all rows of an event share."""
    row: dict[str, Any] = {"role": e.role, "status": e.status}
    for span, names in (
        (e.time, ("time", "time_last")),
        (e.end, ("end", "end_last")),
        (e.mentioned, ("mentioned", "mentioned_last")),
    ):
        if span is not None:
            row[names[0]], row[names[1]] = _start(span[0]), span[1]
    match e.value:
        case None:
            pass
        case Quantity(low, high, unit, comparator):
            row |= {"value": "number", "numeric_value": low, "unit": unit}
            row |= {"numeric_high": high, "comparator": comparator}
        case bool():
            row["value"] = "yes" if e.value else "no"
        case Words(result):
            row |= {"value": "words", "text_value": result}
        case Absent(reason):
            row |= {"value": "absent", "text_value": reason}
        case Levels(names):
            row |= {"value": "levels", "text_value": "|".join(names)}
        case (int(first), int(last)):
            row |= {"value": "time", "value_time": _start(first), "value_time_last": last}
        case codes:
            row |= {"value": "answer", "answers": [_written(c) for c in codes]}
            row["text_value"] = "|".join(c.display for c in codes)
    if e.limits is not None:
        for end, q in (("limit_low", e.limits.low), ("limit_high", e.limits.high)):
            if q is not None:
                row[end], row[f"{end}_unit"] = (q.low if end == "limit_low" else q.high), q.unit
    row |= {"about": None if e.about is None else e.about.key or "", "sample": e.sample}
    row |= {"listed": e.listed, "sender": e.source, "corrects": e.corrects or None}
    row |= {"place": e.place.where, "detail": e.place.detail or None, "text": e.text or None}
    return row


# --- a table as it came --------------------------------------------------------------------------


def aligned(table: Any) -> Any:
    """Give a table all our columns in our types; what it has besides is left out.

    Raises:
        RecordRefused: a column is lacking, or cannot be read as its type, or a row has no patient.
    """
    found = checked(table)
    there, n = found.column_names, found.num_rows
    return pa.table({
        name: found.column(name) if name in there else pa.nulls(n, kind)
        for name, (kind, _) in COLUMNS.items()
    })  # fmt: skip


def checked(table: Any, *, unsound: str | None = None) -> Any:
    """Give a table those of our columns that it has, in our types.

    `unsound`: the column whose dictionary somebody else makes `sound`.

    Raises:
        RecordRefused: a column is lacking, or cannot be read as its type, or a row has no patient.
    """
    faults: list[Fault] = []
    columns: dict[str, Any] = {}
    for name, (kind, _) in COLUMNS.items():
        if name not in table.column_names:
            if name in NEEDED:
                message = f"an event table needs the column `{name}`."
                faults.append(Fault("event table", 0, 0, "no-column", message))
            continue
        try:
            column = table.column(name)
            column = _cast(column if name == unsound else sound(column), kind)
            columns[name] = _in_words(name, column) if name in OWN_WORDS else column
        except _NumbersAsTimesError:
            message = (
                f"its column `{name}` holds numbers, of which nobody can tell whether they count "
                f"seconds, milliseconds or days, or write a date. {MENDS[TIME]}"
            )
            faults.append(Fault("event table", 0, 0, "wrong-type", message))
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError):
            message = f"its column `{name}` cannot be read as {kind}. {MENDS.get(kind, MEND)}"
            faults.append(Fault("event table", 0, 0, "wrong-type", message))
    if not faults and columns["subject_id"].null_count:
        message = f"{columns['subject_id'].null_count} rows have no `subject_id`. Leave them out."
        faults.append(Fault("event table", 0, 0, "no-patient", message))
    if faults:
        raise RecordRefused(faults)
    return pa.table(columns)


def sound(column: Any) -> Any:
    """Give a column of texts whose dictionary has each text once, and none for what is empty."""
    if not pa.types.is_dictionary(column.type):
        return column
    for chunk in column.chunks:
        texts = chunk.dictionary
        if len(texts) != pc.count_distinct(texts, mode="only_valid").as_py():
            return column.cast(pa.string()).dictionary_encode()
    return column


MEND: Final = "docs/explanation/event-table.md says what it holds."
MENDS: Final[dict[Any, str]] = {
    TIME: "Write dates as 2026-10-01, and times as 2026-10-01 08:30.",
    pa.float64(): "Write plain numbers such as 7.5, and the unit in `unit`.",
    TEXT: "Write one text in each row.",
    WORD: "Write one word in each row.",
}
"""By type of a column: how its cells are written."""


class _NumbersAsTimesError(Exception):
    """A column of times holds numbers."""


def word_of(name: str, written: str) -> str:
    """Give a word as its column lists it, spaces and capitals forgiven; another one as it is."""
    parts = written.lower().replace("-", " ").replace("_", " ").split()
    plain = ("" if name == "comparator" else "_").join(parts)
    plain = SIGNS.get(plain, plain) if name == "comparator" else plain
    return plain if not plain or plain in OWN_WORDS[name] else written


def _in_words(name: str, column: Any) -> Any:
    """Give a column of words with each as it is listed; each distinct one is judged once."""
    written = [chunk.dictionary.to_pylist() for chunk in column.chunks]
    read = [[word_of(name, text or "") for text in texts] for texts in written]
    if read == written:
        return column
    chunks = [
        pa.DictionaryArray.from_arrays(chunk.indices, pa.array(texts, TEXT))
        for chunk, texts in zip(column.chunks, read, strict=True)
    ]
    return pa.chunked_array(chunks).cast(TEXT).dictionary_encode().cast(WORD)


def _cast(column: Any, kind: Any) -> Any:
    if column.type == kind or (kind == TEXT and column.type in (WORD, SHORT_WORD)):
        return column
    if pa.types.is_dictionary(kind):
        plain = column.cast(pa.string()) if not pa.types.is_dictionary(column.type) else column
        plain = plain.cast(pa.string()) if pa.types.is_dictionary(plain.type) else plain
        return plain.dictionary_encode().cast(kind)
    if pa.types.is_timestamp(kind):
        if column.null_count == len(column):
            return pa.chunked_array([pa.nulls(len(column), kind)])
        held = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
        if pa.types.is_integer(held) or pa.types.is_floating(held) or pa.types.is_decimal(held):
            raise _NumbersAsTimesError
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            column = column.cast(pa.timestamp("us"))
        return column.cast(kind, safe=False)  # parts of a second are dropped
    if pa.types.is_list(kind) and pa.types.is_string(column.type):  # out of a CSV file
        return pc.split_pattern(column, "|")
    return column.cast(kind)


# --- rows to records -----------------------------------------------------------------------------


@dataclass(slots=True)
class _Row:
    """One row as Python values, empty ones as None."""

    of: dict[str, Any]

    def text(self, name: str) -> str:
        value = self.of[name]
        return value if isinstance(value, str) else ""

    def span(self, first: str, last: str) -> Span | None:
        """Read two columns of seconds as a span."""
        start: int | None = self.of[first]
        end: int | None = self.of[last]
        if end is None:
            if start is None:
                return None
            # A midnight without an end is how a bare date is written.
            end = start + DAY - 1 if start % DAY == 0 else start
        return (LONG_AGO if start is None else start), end


def code_of(written: str, display: str = "") -> Code:
    """Read `system//code`; the system by its address or its short name in any case."""
    system, apart, code = written.partition(APART)
    if "://" in written[:10]:  # an address has the sign of separation in itself
        head, _, code = written.rpartition(APART)
        system, apart = (head, APART) if not head.endswith(":") else ("", "")
    if not apart:
        return Code("", written, display)
    known = system.lower()
    short = KNOWN.get(known) or short_name(system)
    return Code(short, code, display)


KNOWN: Final = {
    **{s: s for s in ("loinc", "snomed", "icd10", "icdo3", "atc", "rxnorm", "ucum", "hl7")},
    **{"icd10cm": "icd10", "icd10gm": "icd10", "snomedct": "snomed", "bonemets": "bonemets"},
    **{"icd-10": "icd10", "icd-10-cm": "icd10", "sct": "snomed", OF_RECORD: OF_RECORD},
}
"""Short names of systems as tables write them, in small letters."""


def records_of(table: Any) -> Iterator[tuple[str, Record]]:
    """Give the patients of an event table, in the order met, as records."""
    by_patient: dict[str, list[_Row]] = {}
    for row in rows_of(table):
        by_patient.setdefault(row.of["subject_id"] or "", []).append(row)
    for subject_id, rows in by_patient.items():
        yield subject_id, record_of(subject_id, rows)


_NOTHING: Final = dict.fromkeys(COLUMNS)


def rows_of(table: Any) -> list[_Row]:
    """Give the rows of an event table as Python values, times in seconds."""
    found = checked(table)
    columns = dict(zip(found.column_names, found.columns, strict=True))
    told = {name: column for name, column in columns.items() if column.null_count < len(column)}
    for name, column in told.items():
        if pa.types.is_timestamp(column.type):
            told[name] = column.cast(pa.int64())
    values = zip(*(column.to_pylist() for column in told.values()), strict=True)
    if not told:
        return [_Row(dict(_NOTHING)) for _ in range(found.num_rows)]
    return [_Row({**_NOTHING, **dict(zip(told, row, strict=True))}) for row in values]


def record_of(name: str, rows: list[_Row]) -> Record:
    """Read the rows of one patient."""
    grouped: dict[object, list[_Row]] = {}
    complete: list[ListName] = []
    unread: list[ListName] = []
    lesions: Span | None = None
    index: int | None = None
    odd: set[object] = set()
    aside: list[SetAside] = []
    for n, row in enumerate(rows):
        if (column := strange_word(row)) is not None:
            where = row.text("place") or f"row {n + 1}"
            aside.append(SetAside(where, f"`{column}`", NO_SUCH_WORD))
            unread += lists_of_odd(row.of["listed"])
            if row.text("role") == OF_RECORD:
                continue
            odd.add(("row", n) if row.of["event"] is None else row.of["event"])
        if row.text("role") == OF_RECORD:
            word = row.text("code").removeprefix(f"{OF_RECORD}{APART}")
            named, span = row.text("text_value"), row.span("time", "time_last")
            if word in (COMPLETE, UNREAD) and named in LISTS:
                (complete if word == COMPLETE else unread).append(named)
            elif word == LESIONS:
                lesions = span
            elif word == INDEX and span is not None:
                index = span[0] // DAY
            continue
        number = row.of["event"]
        grouped.setdefault(("row", n) if number is None else number, []).append(row)
    return Record(
        name=name,
        events=tuple(
            event_of_rows(same, n)
            for n, (key, same) in enumerate(grouped.items())
            if key not in odd
        ),
        complete=tuple(complete),
        unread=tuple(unread),
        lesions_complete=lesions,
        index_date=index,
        set_aside=tuple(aside),
    )


def strange_word(row: _Row) -> str | None:
    """Give the column whose word leaves open what a row says; None where all are known."""
    for name in OF_EVENT:
        word = row.text(name)
        if word and word not in OWN_WORDS[name]:
            return name
    return None


def not_a_word(name: str, rows: int) -> str:
    """Say in how many rows a column has a word that is none of its, and what became of them."""
    done = "set aside" if name in OF_EVENT else "read without a value"
    words = ", ".join(OWN_WORDS[name])
    return (
        f"{rows:,} {'row was' if rows == 1 else 'rows were'} {done}: `{name}` is none of {words}."
    )


def lists_of_odd(listed: str | None) -> tuple[ListName, ...]:
    """Give the lists on which a row may stand of which nobody can tell what it says."""
    return (listed,) if listed in LISTS else LISTS


def event_of_rows(rows: list[_Row], number: int) -> Event:
    """Read the rows of one event."""
    row = rows[0]
    parts: dict[str, list[Code]] = {"code": [], "site": [], "side": []}
    for one in rows:
        written = one.text("code")
        if written:
            part = one.text("part") or "code"
            parts.setdefault(part, []).append(code_of(written, one.text("display")))
    codes = tuple(parts["code"])
    key = row.of["about"]
    about = None
    if key is not None or parts["site"] or parts["side"]:
        about = About(key or None, tuple(parts["site"]), tuple(parts["side"]))
    return Event(
        role=role_of(row.of["role"], codes),
        codes=codes,
        status=status_of(row.of["status"]),
        time=row.span("time", "time_last"),
        value=value_of(row),
        place=Place(row.text("place") or f"event {number}", row.text("detail")),
        about=about,
        limits=limits_of(row),
        sample=row.of["sample"],
        end=row.span("end", "end_last"),
        mentioned=row.span("mentioned", "mentioned_last"),
        text=row.text("text"),
        listed=row.of["listed"] if row.of["listed"] in LISTS else None,
        source=row.of["sender"],
        corrects=bool(row.of["corrects"]),
    )


def role_of(written: str | None, codes: tuple[Code, ...]) -> Role:
    """Give what the codes of an event are about: as the table says, else by their systems."""
    if written in ROLES:
        return written
    systems = {c.system for c in codes}
    drug = not systems.isdisjoint(DRUG_SYSTEMS)
    return "drug" if drug else "variable" if "bonemets" in systems else "finding"


def status_of(written: str | None) -> Status:
    """Give a status; none is *stated*. Rows with one that is not known state nothing."""
    return written if written in STATUSES else "stated"


def value_of(row: _Row) -> Value:
    """Read a value by its kind; without one a number is a number, and words cannot be used."""
    words, low, high = row.text("text_value"), row.of["numeric_value"], row.of["numeric_high"]
    match row.text("value"):
        case "number":
            return _quantity(row, low, high)
        case "yes":
            return True
        case "no":
            return False
        case "words" if words in ("low", "normal", "high"):
            return Words(words)
        case "levels":
            return Levels(tuple(words.split("|")))
        case "time":
            span = row.span("value_time", "value_time_last")
            return Absent("not a date that can be") if span is None else span
        case "answer":
            shown = words.split("|")
            answers = cast("list[str]", row.of["answers"] or [])
            shown += [""] * (len(answers) - len(shown))
            read = tuple(code_of(a, d) for a, d in zip(answers, shown, strict=False))
            return read or Absent("told in words, without a code")
        case "absent":
            return Absent(words or "not said")
        case "":
            if low is not None:
                return _quantity(row, low, high)
            if words in ("low", "normal", "high"):
                return Words(words)
            return Absent("told in words, without a code") if words else None
        case _:
            return Absent("its kind of value is not known")


def _quantity(row: _Row, low: float | None, high: float | None) -> Quantity | Absent:
    if low is None or low != low or (high is not None and not high >= low):
        return Absent("not a number")
    comparator = row.text("comparator")
    if comparator not in COMPARATORS:
        return Absent("its comparator is not known")
    return Quantity(low, low if high is None else high, row.of["unit"], comparator)  # pyright: ignore[reportArgumentType]


def limits_of(row: _Row) -> Limits | None:
    """Read the limits printed beside a value."""
    ends = [
        None if (x := row.of[name]) is None or x != x else Quantity(x, x, row.of[f"{name}_unit"])
        for name in ("limit_low", "limit_high")
    ]
    return Limits(*ends) if ends[0] is not None or ends[1] is not None else None
