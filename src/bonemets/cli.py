"""The command line: parses arguments, calls one function, prints.

Results go to standard output, messages to standard error; exit codes are those of `errors.Exit`.
"""

from __future__ import annotations

import datetime as dt
import gc
import importlib.util
import os
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, NoReturn, cast

import typer
from typer.core import TyperGroup

from bonemets.errors import BonemetsError, Exit, Fault, RecordRefused, UsageError

if TYPE_CHECKING:
    from bonemets.api import Knowledge
    from bonemets.model import ListName, Record
    from bonemets.renderers.reference import Command

app = typer.Typer(
    name="bonemets",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode=None,
    help="Decision support for bone metastasis: "
    "a record in, an explained and cited assessment out. "
    "Not a medical device, and not yet reviewed by a clinician.",
)
knowledge_app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Look at, check and test the knowledge."
)
app.add_typer(knowledge_app, name="knowledge")


class Cohort(TyperGroup):
    """The commands of a cohort; what names none of them is a source to assess."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put `run` before a source, and before options that come first."""
        if args and args[0] not in self.commands and args[0] != "--help":
            args = ["run", *args]
        return super().parse_args(ctx, args)


cohort_app = typer.Typer(
    cls=Cohort,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Assess many patients: `bonemets cohort SOURCE --out DIR`, then look at what was found.",
)
app.add_typer(cohort_app, name="cohort")

STANDARD_OUTPUT: Final = Path("-")
FEW: Final = 100_000
"""Garbage is looked for after so many more objects: the knowledge is not any, and is large."""
MAX_STANDARD_INPUT: Final = 200_000_000

RecordArgument = Annotated[
    str,
    typer.Argument(
        metavar="RECORD",
        help="A FHIR R4 bundle or resource (JSON) or a case file (YAML); `-` for standard input.",
    ),
]
FormatOption = Annotated[str, typer.Option("--format", help="text, html, json or pdf.")]
PlainFormatOption = Annotated[str, typer.Option("--format", help="text or json.")]
OutputOption = Annotated[
    Path | None,
    typer.Option(
        "--output", help="Write to this file (readable by you alone) instead of standard output."
    ),
]
PaperOption = Annotated[
    str, typer.Option("--paper", metavar="SIZE", help="Of a PDF: a4 or letter.")
]
DateOption = Annotated[
    str | None,
    typer.Option("--index-date", metavar="DATE", help="The day as of which to assess, YYYY-MM-DD."),
]
CompleteOption = Annotated[
    str | None,
    typer.Option(
        "--assume-complete",
        metavar="LISTS",
        help="Lists to take as complete, such as medications,conditions,procedures: "
        "what is not on them is taken as no. Every output says so.",
    ),
]
PacksOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--knowledge", metavar="DIR", help="A knowledge folder to lay over ours; may be repeated."
    ),
]
DetailOption = Annotated[
    bool,
    typer.Option(
        "--detail",
        help="Tell every option that is left, and every card, in full (text and PDF).",
    ),
]
LanguageOption = Annotated[
    str | None,
    typer.Option(
        "--language",
        metavar="TAG",
        help="The language of what patients read, from a laid-over folder (default: English).",
    ),
]
WeakerOption = Annotated[
    bool,
    typer.Option(
        "--allow-weaker",
        help="Let a laid-over folder weaken alerts and stops; every output names what.",
    ),
]


def say(text: str) -> None:
    """Print a message on standard error."""
    sys.stderr.write(text + "\n")


def put(result: str | bytes, output: Path | None) -> None:
    """Print a result, or write it to a file that only its owner can read."""
    try:
        if output is None:
            if isinstance(result, bytes):
                sys.stdout.buffer.write(result)
            else:
                sys.stdout.write(result)
            sys.stdout.flush()
            return
        data = result if isinstance(result, bytes) else result.encode()
        handle = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            if stat.S_ISREG(os.fstat(handle).st_mode):
                os.fchmod(handle, 0o600)  # before anything is in it: the file may be an old one
            file.write(data)
    except BrokenPipeError:  # the reader of a pipe had enough; what is left goes nowhere
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        where = "standard output" if output is None else str(output)
        raise UsageError(
            f"{where}: cannot be written ({error.strerror}). Name another file."
        ) from None


def day_of(text: str | None) -> dt.date | None:
    """Read a date option."""
    if text is None:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise UsageError("--index-date: this is no date. Write YYYY-MM-DD.") from None


def one_of(value: str, allowed: tuple[str, ...], option: str) -> str:
    """Check an option that is one of a few words."""
    if value not in allowed:
        raise UsageError(f"{option}: one of {', '.join(allowed)}.")
    return value


def loaded(packs: list[Path] | None, allow_weaker: bool, language: str | None = None) -> Knowledge:
    """Load the knowledge."""
    from bonemets.api import load_pack

    return load_pack(*(packs or ()), allow_weaker=allow_weaker, language=language)


def record_of(name: str, knowledge: Knowledge, index_date: dt.date | None) -> Record:
    """Read a record from a file or from standard input."""
    from bonemets.api import read

    if name == "-":
        data = sys.stdin.buffer.read(MAX_STANDARD_INPUT + 1)
        if len(data) > MAX_STANDARD_INPUT:
            message = f"more than {MAX_STANDARD_INPUT // 1_000_000} MB. Send one patient."
            raise RecordRefused([Fault("standard input", 0, 0, "too-large", message)])
        return read(data, knowledge, name="standard input", index_date=index_date)
    return read(name, knowledge, index_date=index_date)


@app.command()
def assess(
    record: RecordArgument,
    format_: FormatOption = "text",
    output: OutputOption = None,
    paper: PaperOption = "a4",
    index_date: DateOption = None,
    assume_complete: CompleteOption = None,
    knowledge: PacksOption = None,
    allow_weaker: WeakerOption = False,
    detail: DetailOption = False,
) -> None:
    """Assess one record: emergencies, scores, numbers, options, what is missing, and why.

    A PDF needs `--output FILE` (`-` for standard output) and the extra `pdf` of this package.
    """
    one_of(format_, ("text", "html", "json", "pdf"), "--format")
    one_of(paper, ("a4", "letter"), "--paper")
    if format_ == "pdf":
        typesetting_ready(output)
    from bonemets import api

    keep_apart(record, output)
    day = day_of(index_date)
    used = loaded(knowledge, allow_weaker)
    lists = tuple(x.strip() for x in (assume_complete or "").split(",") if x.strip())
    assumed = cast("tuple[ListName, ...]", lists)  # `api.assess` refuses what is no list
    done = api.assess(record_of(record, used, day), used, index_date=day, assume_complete=assumed)
    if format_ == "json":
        from bonemets.renderers import json

        put(json.render(done), output)
        return
    if format_ == "pdf":
        from bonemets.renderers import pdf

        size = cast("pdf.Paper", paper)
        put(
            pdf.render(done, paper=size, detail=detail),
            None if output == STANDARD_OUTPUT else output,
        )
        return
    if format_ == "html":
        from bonemets.renderers import html

        put(html.render(done), output)
        return
    from bonemets.renderers import text

    terminal = output is None and sys.stdout.isatty()
    colour = terminal and "NO_COLOR" not in os.environ
    put(text.render(done, width=width(), colour=colour, detail=detail), output)


def typesetting_ready(output: Path | None) -> None:
    """Refuse to begin a PDF that has nowhere to go, or no typesetter."""
    if output is None:
        raise UsageError("--format pdf needs --output FILE; `-` is standard output.")
    if importlib.util.find_spec("typst") is None:
        raise UsageError("--format pdf needs the extra `pdf`: pip install 'bonemets[pdf]'.")


def keep_apart(record: str, output: Path | None) -> None:
    """Refuse to write what was made of a record over the record."""
    if output is not None and record != "-" and output.resolve() == Path(record).resolve():
        raise UsageError("--output names the record itself. Name another file.")


def width() -> int:
    """Give the width to write for: the terminal's, at most 110, and 100 off a terminal."""
    if not sys.stdout.isatty():
        return 100
    return max(60, min(110, os.get_terminal_size().columns))


@app.command()
def serve(
    folder: Annotated[
        Path | None,
        typer.Argument(
            metavar="DIR",
            help="A folder of results of `bonemets cohort`: its summary, worklist and patients "
            "are shown too.",
        ),
    ] = None,
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="Where to listen; 0: any that is free.")
    ] = 0,
    behind: Annotated[
        str | None,
        typer.Option(
            "--behind-proxy",
            metavar="HOST",
            help="Be reached through a reverse proxy of this name that asks who is there, "
            "encrypts, and runs on this machine. Without it, this machine alone is answered.",
        ),
    ] = None,
    language: LanguageOption = None,
    knowledge: PacksOption = None,
    allow_weaker: WeakerOption = False,
) -> None:
    """Open the web page on this machine, with the REST API beside it.

    It prints the address to open, which holds a token of this run; nothing of a patient is kept.
    """
    if importlib.util.find_spec("starlette") is None or importlib.util.find_spec("uvicorn") is None:
        raise UsageError("serve needs the extra `web`: pip install 'bonemets[web]'.")
    from bonemets.web.server import ready

    if folder is None:
        used, cohort = loaded(knowledge, allow_weaker, language), None
    else:
        if knowledge or allow_weaker or language:
            raise UsageError("serve DIR answers with the knowledge of the cohort. Name no other.")
        from bonemets.cohort.look import Look

        cohort = Look(folder)
        used = cohort.knowledge
    address, run = ready(used, port, behind, cohort)
    say(f"Open {address}\nStop with Ctrl-C.")
    run()


@app.command()
def guide(
    chapter: Annotated[
        str | None,
        typer.Argument(metavar="CHAPTER", help="One chapter (default: all of them)."),
    ] = None,
    reader: Annotated[
        str, typer.Option("--for", metavar="WHO", help="patient or clinician.")
    ] = "patient",
    format_: Annotated[
        str, typer.Option("--format", metavar="FORMAT", help="text, markdown or html.")
    ] = "text",
    chapters: Annotated[bool, typer.Option("--list", help="Only name the chapters.")] = False,
    language: LanguageOption = None,
    output: OutputOption = None,
    knowledge: PacksOption = None,
    allow_weaker: WeakerOption = False,
) -> None:
    """Print what is known as something to read, without any patient.

    For patients in plain words, or for clinicians with rules, figures and sources.
    """
    from bonemets.assess import GUIDE_NOTICE
    from bonemets.renderers.guide import FORMATS, READERS, Guidebook, written

    if reader not in READERS:
        raise UsageError(f"--for: `{reader}` is no reader. One of {', '.join(READERS)}.")
    if format_ not in FORMATS:
        raise UsageError(f"--format: `{format_}` is no format. One of {', '.join(FORMATS)}.")
    book = Guidebook(loaded(knowledge, allow_weaker, language).pack)
    if chapters:
        put("".join(f"{name}: {x.title}\n" for name, x in book.chapters().items()), output)
        return
    names = [chapter] if chapter is not None else list(book.chapters())
    put(written(book, names, reader, format_, GUIDE_NOTICE), output)


@app.command()
def read(
    record: RecordArgument,
    format_: PlainFormatOption = "text",
    output: OutputOption = None,
    index_date: DateOption = None,
    knowledge: PacksOption = None,
    allow_weaker: WeakerOption = False,
) -> None:
    """Show what was read: events and facts with where they came from.

    Also what was not understood, and what was set aside and why.
    """
    one_of(format_, ("text", "json"), "--format")
    from bonemets import api
    from bonemets.renderers import reading

    keep_apart(record, output)
    day = day_of(index_date)
    used = loaded(knowledge, allow_weaker)
    seen = api.reading(record_of(record, used, day), used, index_date=day)
    put(
        reading.render_json(seen) if format_ == "json" else reading.render(seen, width=width()),
        output,
    )


FolderArgument = Annotated[
    Path, typer.Argument(metavar="DIR", help="The folder of results of `bonemets cohort`.")
]


@cohort_app.command("run")
def run_cohort(
    source: Annotated[
        str,
        typer.Argument(
            metavar="SOURCE",
            help="A Bulk FHIR folder (NDJSON, plain, gzip or Zstandard), or a Parquet or CSV file "
            "or folder of events.",
        ),
    ],
    out: Annotated[
        str, typer.Option("--out", metavar="DIR", help="The folder for the results; a new one.")
    ],
    index_date: DateOption = None,
    assume_complete: CompleteOption = None,
    jobs: Annotated[
        int | None,
        typer.Option("--jobs", min=1, max=256, help="Processes (default: one a processor)."),
    ] = None,
    engine: Annotated[
        str,
        typer.Option(
            "--engine",
            help="local: processes of this machine. spark: Spark, by Spark's own settings; SOURCE "
            "and DIR may be addresses.",
        ),
    ] = "local",
    small_cells: Annotated[
        int,
        typer.Option(
            "--small-cells",
            metavar="N",
            min=0,
            help="Hide counts below N in what is aggregated; 0 shows all.",
        ),
    ] = 10,
    profile: Annotated[
        bool,
        typer.Option("--profile", help="Say what time each stage and each item of knowledge took."),
    ] = False,
    knowledge: PacksOption = None,
    allow_weaker: WeakerOption = False,
) -> None:
    """Assess every patient of a source; `run` itself may be left out.

    What was interrupted goes on where it stood when the same call is made again.
    """
    one_of(engine, ("local", "spark"), "--engine")
    if engine == "local":  # Spark has it loaded
        from bonemets.cohort.arrow import without_pandas

        without_pandas()
    from bonemets.cohort.run import Engine, assess_cohort

    lists = tuple(x.strip() for x in (assume_complete or "").split(",") if x.strip())
    done = assess_cohort(
        source,
        out,
        knowledge=knowledge or (),
        allow_weaker=allow_weaker,
        index_date=day_of(index_date),
        assume_complete=cast("tuple[ListName, ...]", lists),
        jobs=jobs,
        small_cells=small_cells,
        engine=cast("Engine", engine),
        progress=show_progress if sys.stderr.isatty() else None,
    )
    m = done.manifest
    say(
        f"{m.patients:,} patients in {done.folder}: {m.in_scope:,} with a cancer that is known, "
        f"past or suspected; {m.lesions:,} bone lesions; {m.refused:,} patients could not be read. "
        "Look at summary.html, or call `bonemets cohort worklist`."
    )
    if m.columns_without_meaning:
        from bonemets.renderers.words import clean

        say(f"Columns that mean nothing here: {clean(', '.join(m.columns_without_meaning))}.")
    if m.words_not_understood:
        from bonemets.cohort.events import not_a_word

        for column, rows in m.words_not_understood.items():
            say(not_a_word(column, rows))
    if profile:
        from bonemets.cohort.profile import profile_text

        put(profile_text(loaded(knowledge, allow_weaker), m), None)
    if m.events == 0:
        say("The source holds no statement about a patient that could be read.")
        if not m.files or (m.lines and not m.patients):
            raise typer.Exit(Exit.REFUSED)


@cohort_app.command("worklist")
def cohort_worklist(
    folder: FolderArgument,
    format_: Annotated[str, typer.Option("--format", help="text, csv or json.")] = "text",
    urgency: Annotated[
        str | None,
        typer.Option(
            "--urgency",
            metavar="WORDS",
            help="Only these: now, today, within_24_hours, this_week, next_visit.",
        ),
    ] = None,
    most: Annotated[
        int, typer.Option("--most", metavar="N", min=1, help="Patients in the text.")
    ] = 50,
    output: OutputOption = None,
) -> None:
    """Say who needs action and why, the most urgent first."""
    one_of(format_, ("text", "csv", "json"), "--format")
    from bonemets.cohort import results, worklist
    from bonemets.expression import URGENCIES

    chosen = tuple(x.strip() for x in (urgency or ",".join(URGENCIES)).split(",") if x.strip())
    for word in chosen:
        one_of(word, URGENCIES, "--urgency")
    listed = worklist.worklist(folder, chosen)
    if format_ == "json":
        import msgspec

        put(msgspec.json.format(msgspec.json.encode(listed), indent=2) + b"\n", output)
    elif format_ == "csv":
        put(results.as_csv(worklist.rows_of(listed)), output)
    else:
        put(worklist.as_text(listed, most), output)


@cohort_app.command("show")
def cohort_show(
    folder: FolderArgument,
    patient: Annotated[
        str, typer.Argument(metavar="PATIENT", help="The identifier (`subject_id`).")
    ],
    format_: Annotated[str, typer.Option("--format", help="text, html or json.")] = "text",
    output: OutputOption = None,
    detail: DetailOption = False,
) -> None:
    """Show the explained assessment of one patient; its record is read from the source again."""
    one_of(format_, ("text", "html", "json"), "--format")
    from bonemets.cohort import worklist

    done, notes = worklist.assessed(folder, patient)
    for note in notes:
        say(f"Note: {note}.")
    if format_ == "json":
        from bonemets.renderers import json

        put(json.render(done), output)
    elif format_ == "html":
        from bonemets.renderers import html

        put(html.render(done), output)
    else:
        from bonemets.renderers import text

        put(text.render(done, width=width(), detail=detail), output)


def show_progress(stage: str, done: int, of: int) -> None:
    """Draw how far a run is, in place, on a terminal."""
    filled = 30 * done // max(of, 1)
    end = "\n" if done >= of else ""
    sys.stderr.write(f"\r{stage:<12}[{'#' * filled}{'.' * (30 - filled)}] {done:,}/{of:,}{end}")
    sys.stderr.flush()


@knowledge_app.command("list")
def list_items(
    kind: Annotated[
        str | None,
        typer.Argument(
            metavar="KIND",
            help="variables, scores, alerts, investigations, options, evidence or actions.",
        ),
    ] = None,
    knowledge: PacksOption = None,
    allow_weaker: WeakerOption = False,
) -> None:
    """List the items of the knowledge, a line each."""
    from bonemets.renderers import items

    pack = loaded(knowledge, allow_weaker).pack
    if kind is not None:
        one_of(kind, items.KINDS, "KIND")
    put(items.listing(pack, kind), None)


@knowledge_app.command("show")
def show_item(
    identity: Annotated[
        str, typer.Argument(metavar="ID", help="An id as `bonemets knowledge list` gives it.")
    ],
    knowledge: PacksOption = None,
    allow_weaker: WeakerOption = False,
) -> None:
    """Show one item: its text, tables, evidence and examples."""
    from bonemets.renderers import items

    pack = loaded(knowledge, allow_weaker).pack
    shown = items.page(pack, identity)
    if shown is None:
        import difflib

        near = difflib.get_close_matches(identity, items.names(pack), 3, 0.6)
        mend = f"Did you mean `{'` or `'.join(near)}`?" if near else ""
        list_ = "`bonemets knowledge list` names them."
        raise UsageError(f"`{identity}` is no item. {mend or list_}")
    put(shown, None)


@knowledge_app.command("gaps")
def list_gaps(
    names: Annotated[
        bool, typer.Option("--names", help="Name each place, beside the counts.")
    ] = False,
    knowledge: PacksOption = None,
    allow_weaker: WeakerOption = False,
) -> None:
    """Say what the knowledge lacks: reviews, sources read, codes, uses."""
    from bonemets.pack.gaps import gaps
    from bonemets.renderers import items

    put(items.lacking(gaps(loaded(knowledge, allow_weaker).pack), names=names), None)


@knowledge_app.command("docs")
def write_docs(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder to write into.")],
    knowledge: PacksOption = None,
    allow_weaker: WeakerOption = False,
) -> None:
    """Write the reference: a page for each item, indexes, and a page of all commands.

    Pages that it wrote before and that no item has any more are removed; other files stay.
    """
    from bonemets.api import knowledge_places
    from bonemets.renderers import reference

    pack = loaded(knowledge, allow_weaker).pack
    pages = reference.pages(pack, knowledge_places(*(knowledge or ())), commands())
    try:
        old = [p for p in folder.rglob("*.md") if p.relative_to(folder).as_posix() not in pages]
        for path in old:
            if path.read_text(encoding="utf-8", errors="replace").startswith(reference.MARK):
                path.unlink()
        for name, text in pages.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise UsageError(f"{folder}: cannot be written ({error.strerror}).") from None
    say(f"{len(pages)} pages in {folder}")


@knowledge_app.command("coverage")
def print_coverage(
    knowledge: PacksOption = None, allow_weaker: WeakerOption = False, output: OutputOption = None
) -> None:
    """Say which rows of the clinical references the knowledge holds, and why others are not."""
    from bonemets.renderers import items

    put(items.covered(loaded(knowledge, allow_weaker).pack), output)


@knowledge_app.command("schema")
def print_schema(output: OutputOption = None) -> None:
    """Print the JSON Schema of knowledge files, for editors that check YAML."""
    import json

    from bonemets.pack.schema import schema

    put(json.dumps(schema(), indent=2) + "\n", output)


@knowledge_app.command("check")
def check_folder(
    folder: Annotated[
        Path | None,
        typer.Argument(metavar="DIR", help="A folder to lay over ours (default: ours alone)."),
    ] = None,
    allow_weaker: WeakerOption = False,
) -> None:
    """Check the knowledge: every fault at once, with its place and what would mend it."""
    from bonemets.api import check_knowledge

    pack = check_knowledge(*([folder] if folder else ()), allow_weaker=allow_weaker)
    others = len(pack.items()) - len(pack.variables)
    counts = f"{len(pack.variables)} variables, {others} items, {len(pack.evidence)} sources"
    say(f"no fault in {counts}; version {pack.version}, hash {pack.hash[:12]}")
    for line in pack.weaker:
        say(f"weaker: {line}")


@knowledge_app.command("test")
def test_folder(
    folder: Annotated[
        Path | None,
        typer.Argument(metavar="DIR", help="A folder to lay over ours (default: ours alone)."),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option("--item", metavar="ID", help="Only this item's; may be repeated."),
    ] = None,
) -> None:
    """Replay every worked example; exit code 1 if one does not hold."""
    from bonemets.proof.examples import Replay

    pack = loaded([folder] if folder else None, True).pack
    items = pack.items()
    strangers = [name for name in only or () if name not in items]
    if strangers:
        raise UsageError(f"--item: `{strangers[0]}` is no item with examples.")
    chosen = {name: items[name] for name in only or items}
    replay = Replay(pack)
    failures = [
        failure
        for name, item in chosen.items()
        for example in item.examples
        for failure in replay.one(name, item, example)
    ]
    for failure in failures:
        say(str(failure))
    total = sum(len(item.examples) for item in chosen.values())
    say(f"{total - len({(f.item, f.example) for f in failures})} of {total} examples hold")
    if failures:
        raise typer.Exit(Exit.FAULTS)


@knowledge_app.command("prove")
def prove_folder(
    folder: Annotated[
        Path | None,
        typer.Argument(metavar="DIR", help="A folder to lay over ours (default: ours alone)."),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option("--item", metavar="ID", help="Only what is about this item; may be repeated."),
    ] = None,
    properties: Annotated[
        list[str] | None,
        typer.Option(
            "--property",
            metavar="NAME",
            help="tiles, points, alive, status, suitable, advised, together or monotone; may be "
            "repeated.",
        ),
    ] = None,
    seconds: Annotated[
        float,
        typer.Option("--seconds", min=0.1, help="How long one question may take."),
    ] = 60.0,
    format_: PlainFormatOption = "text",
    output: OutputOption = None,
) -> None:
    """Prove that the knowledge has no holes and no conflicts, for every patient there may be.

    Exit code 1 if something does not hold, or is undecided, and the knowledge gives no reason.
    Needs the extra `prove` of this package.
    """
    one_of(format_, ("text", "json"), "--format")
    from bonemets.proof import listing
    from bonemets.proof.claims import ABOUT
    from bonemets.proof.prove import prove

    for name in properties or ():
        one_of(name, tuple(ABOUT), "--property")
    pack = loaded([folder] if folder else None, True).pack
    strangers = [name for name in only or () if name not in pack.items()]
    if strangers:
        raise UsageError(f"--item: `{strangers[0]}` is no item that is computed.")
    answers = prove(
        pack,
        items=frozenset(only) if only else None,
        properties=frozenset(properties) if properties else None,
        seconds=seconds,
    )
    listed = listing.listing(pack, answers, whole=not only and not properties)
    put(listing.as_json(listed) if format_ == "json" else listing.as_text(listed), output)
    if not listed.done:
        raise typer.Exit(Exit.FAULTS)


def commands() -> list[Command]:
    """Give every command as its own help has it, for the reference."""
    from bonemets.renderers.reference import Command

    found: list[Command] = []
    todo: list[tuple[str, Any]] = [("bonemets", typer.main.get_command(app))]
    while todo:
        name, command = todo.pop(0)
        context = typer.Context(command, info_name=name)
        own = [p for p in command.get_params(context) if p.name != "help"]
        told = [p.get_help_record(context) for p in own]
        found.append(
            Command(
                name=name,
                usage=" ".join([name, *command.collect_usage_pieces(context)]),
                about=" ".join((command.help or "").split()),
                told=tuple(x for x in told if x is not None),
            )
        )
        below: dict[str, Any] = getattr(command, "commands", {})
        todo[:0] = [(f"{name} {word}", inner) for word, inner in below.items()]
    return found


def version(value: bool) -> None:
    """Print the version and leave."""
    if value:
        from importlib.metadata import version as of

        sys.stdout.write(f"bonemets {of('bonemets')}\n")
        raise typer.Exit


@app.callback()
def top(
    _version: Annotated[
        bool, typer.Option("--version", callback=version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Decision support for bone metastasis."""


def main() -> NoReturn:
    """Run the command line and leave with its exit code.

    No traceback and no value of a patient ever appears.
    """
    gc.set_threshold(FEW)
    try:
        code = _exit(app(standalone_mode=False))  # gives the code that a command left with
    except BonemetsError as error:
        say(str(error))
        code = error.exit_code
    except (typer.Exit, SystemExit) as leave:
        code = _exit(getattr(leave, "exit_code", None) or getattr(leave, "code", 0))
    except (KeyboardInterrupt, typer.Abort):
        code = Exit.INTERRUPTED
    except Exception as error:  # noqa: BLE001  (the last door: whatever it is, no value may leak)
        code = _other(error)
    gc.freeze()  # nor as it leaves
    sys.exit(code)


def _exit(code: object) -> Exit:
    """Give the exit code for what a command returned or left with."""
    return Exit(code) if code in set(Exit) else Exit.DONE if code is None else Exit.BUG


def _other(error: Exception) -> Exit:
    """Say what went wrong.

    A wrong option by its own words, anything else by its kind and place alone.
    """
    show = getattr(error, "show", None)
    if callable(show):
        show(file=sys.stderr)
        return Exit.USAGE
    trace, where = error.__traceback__, "bonemets"
    while trace is not None:
        where = f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"
        trace = trace.tb_next
    say(
        f"bonemets has a fault of its own ({type(error).__name__} at {where}). "
        "Please report this line; it holds nothing of the record."
    )
    return Exit.BUG


if __name__ == "__main__":
    main()
