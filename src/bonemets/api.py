"""The public functions: what a program calls, and what the command line calls.

This is a door: it reads files and, where a caller names no day, the clock.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import replace as replace_fields
from functools import lru_cache
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from bonemets import cache
from bonemets.assess import assess as assess_one
from bonemets.assess import findings as findings_of_one
from bonemets.assess import reading as reading_of_one
from bonemets.collector import uncollected
from bonemets.engine import DAY, Engine
from bonemets.errors import Fault, RecordRefused, UsageError
from bonemets.lineage import Lineage
from bonemets.model import LISTS, Assessment, Event, Findings, ListName, Reading, Record, SetAside
from bonemets.pack.check import check
from bonemets.pack.load import HOME, Pack, content_hash, knowledge_files, load
from bonemets.pack.translation import translated
from bonemets.pack.trees import Trees
from bonemets.program import compile_pack
from bonemets.readers import case, fhir, times
from bonemets.writing.words import day_text

STALE_DAYS: Final = 7
EAST: Final = 14 * 3600
"""How far the easternmost clock is ahead of UTC, in seconds."""
MAX_BYTES: Final = 200_000_000
AFTER_RUN: Final = "its date lies after the day of the run"


class Knowledge:
    """A checked pack, compiled: what `assess` runs."""

    def __init__(self, pack: Pack | Callable[[], Pack], engine: Engine) -> None:
        """Take a pack, or what gives it when it is first asked for, and the engine."""
        self._pack, self.engine = pack, engine

    @property
    def pack(self) -> Pack:
        """The pack with the worked examples of its items; the engine's may have none."""
        if not isinstance(self._pack, Pack):
            self._pack = self._pack()
        return self._pack


@lru_cache(maxsize=8)
def _knowledge(folders: tuple[Path, ...], allow_weaker: bool) -> Knowledge:
    texts = knowledge_files((HOME, *folders))
    content = f"{content_hash(texts)} {allow_weaker}"
    kept = cache.load(content)
    if kept is None:
        with uncollected():
            pack = check(load(texts), allow_weaker=allow_weaker)
            trees = Trees(pack)
            program = compile_pack(pack, trees=trees, within=trees.flat()[1])
            kept = cache.Kept.of(pack, program, trees)
        cache.store(content, kept)
    return Knowledge(kept.whole, kept.engine())


def load_pack(
    *folders: str | Path, allow_weaker: bool = False, language: str | None = None
) -> Knowledge:
    """Load the knowledge, with further folders laid over it in the order given.

    `language`: that of the words for patients, of which one of the folders holds a translation
    (None: English).

    Raises:
        KnowledgeError: with every fault of the files.
        UsageError: no folder holds that language.
    """
    found = _knowledge(_laid_over(folders), allow_weaker)
    if language is None:
        return found
    pack = translated(found.engine.pack, language)
    known = found.engine.lineage.told()
    trees, inner = found.engine.trees, found.engine.lineage.inner
    lines = Lineage(trees, known, inner)  # it keeps texts: none of the other language
    engine = replace_fields(found.engine, pack=pack, lineage=lines)
    return Knowledge(lambda: translated(found.pack, language), engine)


def run_day(run_date: dt.date | None = None) -> int:
    """Give the day of the run, in days since 1970-01-01 (None: by the clock, UTC)."""
    if run_date is not None:
        return (run_date - dt.date(1970, 1, 1)).days
    return (dt.datetime.now(dt.UTC).date() - dt.date(1970, 1, 1)).days  # noqa: TID251


def read(
    record: str | Path | bytes,
    knowledge: Knowledge | None = None,
    *,
    name: str | None = None,
    index_date: dt.date | None = None,
) -> Record:
    """Read a FHIR bundle or resource (JSON) or a case file (YAML) as the record of one patient.

    Args:
        record: a path, or the bytes themselves.
        knowledge: whose variables a case file may name (None: ours).
        name: how messages call the record (None: the file's name).
        index_date: the day that undated values are of in a case file without an index date.

    Raises:
        RecordRefused: it cannot be parsed, is no such record, or is not about one identifiable
            patient.
    """
    if isinstance(record, bytes):
        data, shown = record, name or "record"
    else:
        path = Path(record)
        shown = name or path.name.encode("utf-8", "replace").decode()
        try:
            if path.is_dir():
                raise RecordRefused(
                    [Fault(shown, 0, 0, "is-a-folder", "this is a folder. Name one file.")]
                )
            if path.stat().st_size > MAX_BYTES:
                raise RecordRefused(
                    [
                        Fault(
                            shown,
                            0,
                            0,
                            "too-large",
                            f"more than {MAX_BYTES // 1_000_000} MB. Send one patient.",
                        )
                    ]
                )
            data = path.read_bytes()
        except OSError as error:
            raise UsageError(
                f"{shown}: cannot be read ({error.strerror}). "
                "Name a file that is there and readable."
            ) from None
    if case.is_case(data):
        pack = (knowledge or load_pack()).engine.pack
        wanted = None if index_date is None else (index_date - dt.date(1970, 1, 1)).days
        return case.read(data, shown, pack, run_day=run_day(), index_date=wanted)
    return fhir.read(data, shown)


def assess(
    record: Record,
    knowledge: Knowledge | None = None,
    *,
    index_date: dt.date | None = None,
    assume_complete: Iterable[ListName] = (),
    run_date: dt.date | None = None,
    questions: bool = True,
) -> Assessment:
    """Assess one record.

    Args:
        record: as read.
        knowledge: loaded packs (None: ours).
        index_date: the "as of" day (None: the record's own, else its newest clinical day that is
            not after the day of the run).
        assume_complete: lists to take as complete, as an assumption that the assessment names.
        run_date: the day of the run (None: by the clock).
        questions: rank the questions that would settle most (half of the time that it takes).
    """
    used = knowledge or load_pack()
    run = run_day(run_date)
    record, moment, note = as_of(record, index_date, lists_of(assume_complete), run)
    return assess_one(used.engine, record, moment, index_note=note, questions=questions)


def findings(
    record: Record,
    knowledge: Knowledge | None = None,
    *,
    index_date: dt.date | None = None,
    assume_complete: Iterable[ListName] = (),
    run_date: dt.date | None = None,
) -> Findings:
    """Give the findings of one record without what explains them; arguments as of `assess`.

    They are those of `assess` and come from the same run of the same program, in a fraction of the
    time: for whoever asks for many patients in a row, and for the whole assessment of a few.
    """
    used = knowledge or load_pack()
    run = run_day(run_date)
    record, moment, note = as_of(record, index_date, lists_of(assume_complete), run)
    return findings_of_one(used.engine, record, moment, index_note=note)


def lists_of(assume_complete: Iterable[ListName]) -> tuple[ListName, ...]:
    """Give the lists to take as complete, in their order; refuse what is no list."""
    wanted = tuple(assume_complete)
    for name in wanted:
        if name not in LISTS:
            raise UsageError(f"`{name}` is not a list. Lists are {', '.join(LISTS)}.")
    return tuple(n for n in LISTS if n in wanted)


def as_of(
    record: Record, index_date: dt.date | None, assumed: tuple[ListName, ...], run: int
) -> tuple[Record, int, str | None]:
    """Give a record as it is assessed, its index moment, and how far that lies from the run.

    The moment is the last second of the index date. Lists that are assumed complete are called so,
    and what is dated after the day of the run is set aside.
    """
    day, note = index_day(record, index_date, run)
    more = tuple(n for n in assumed if n not in record.complete)
    record = replace(record, complete=(*record.complete, *more))
    return _without_future(record, run), day * DAY + DAY - 1, note


def last_second(record: Record, run: int) -> int:
    """Give the last second, on the record's own clock, that is not after the day of the run.

    The day is known in UTC only: somewhere east of it the next one has begun (at most 14 hours
    earlier). What a case file says of its own index date is never after the run.
    """
    last = run * DAY + DAY - 1 + EAST
    return last if record.index_date is None else max(last, record.index_date * DAY + DAY - 1)


def _without_future(record: Record, run: int) -> Record:
    """Set aside what is dated after the day of the run (plans apart).

    Such a date is a typing error, not a prophecy.
    """
    last = last_second(record, run)
    kept: list[Event] = []
    aside: list[SetAside] = []
    unread = list(record.unread)
    for e in record.events:
        if e.time is None or e.time[0] <= last or e.status == "planned":
            kept.append(e)
            continue
        what = e.text or (e.codes[0].display or e.codes[0].code if e.codes else "")
        aside.append(SetAside(e.place.where, what, AFTER_RUN))
        if e.listed is not None:
            unread.append(e.listed)
    return replace(
        record,
        events=tuple(kept),
        set_aside=(*record.set_aside, *aside),
        unread=tuple(unread),
    )


def index_day(record: Record, wanted: dt.date | None, run: int) -> tuple[int, str | None]:
    """Choose the index date, and say how far it lies from the day of the run."""
    if wanted is not None:
        day = (wanted - dt.date(1970, 1, 1)).days
    elif record.index_date is not None:
        day = record.index_date
    else:
        newest = times.newest(record.events, last_second(record, run))
        day = run if newest is None else newest // DAY
    distance = run - day
    if distance == 0:
        return day, None
    days = "1 day" if abs(distance) == 1 else f"{abs(distance)} days"
    side = "ago" if distance > 0 else "ahead"
    if abs(distance) <= STALE_DAYS:
        return day, f"index date {day_text(day)}, {days} {side}"
    return day, f"as the record stood on {day_text(day)}, not today ({days} {side})"


def check_knowledge(*folders: str | Path, allow_weaker: bool = False) -> Pack:
    """Load and prove the knowledge anew, without the cache.

    A folder that is ours itself is not laid over ours.

    Raises:
        KnowledgeError: with every fault.
    """
    texts = knowledge_files((HOME, *_laid_over(folders)))
    return check(load(texts), allow_weaker=allow_weaker)


def _laid_over(folders: Iterable[str | Path]) -> tuple[Path, ...]:
    """Give the folders to lay over ours: ours itself is none."""
    return tuple(Path(f) for f in folders if Path(f).resolve() != HOME.resolve())


def knowledge_places(*folders: str | Path) -> dict[str, str]:
    """Give the file of each item by id, relative to its folder; a laid-over item has its own."""
    found = load(knowledge_files((HOME, *(Path(f) for f in folders))))
    return {identity: place.document.file for identity, place in found.sources.items()}


def reading(
    record: Record,
    knowledge: Knowledge | None = None,
    *,
    index_date: dt.date | None = None,
    run_date: dt.date | None = None,
) -> Reading:
    """Show what a record says.

    Its events, the facts as of the index date, and what was not used.
    """
    used = knowledge or load_pack()
    run = run_day(run_date)
    day, note = index_day(record, index_date, run)
    return reading_of_one(
        used.engine, _without_future(record, run), day * DAY + DAY - 1, index_note=note
    )
