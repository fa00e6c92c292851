"""The summary of a cohort as one page: no network, no script, printable."""

from __future__ import annotations

from typing import Any, Final

from bonemets.cohort.columns import BETWEEN, TRUTHS, Column
from bonemets.cohort.results import Manifest, suppressed
from bonemets.cohort.tally import Tally
from bonemets.expression import URGENCIES
from bonemets.pack.load import Pack
from bonemets.renderers.html.environment import environment
from bonemets.renderers.words import URGENCIES as URGENCY_WORDS

SECTIONS: Final = (
    ("alert", "Alerts"),
    ("investigation", "Tests to do"),
    ("option", "Options"),
    ("score", "Scores"),
    ("interaction", "What does not go together"),
    ("step", "Steps"),
)
MOST_SHOWN: Final = 60
COLOURS: Final = {
    "yes": "#d5281b",
    "unknown": "#aeb7bd",
    "no": "#00703c",
    "suitable": "#00703c",
    "caution": "#ed8b00",
    "contraindicated": "#d5281b",
}
OTHERS: Final = ("#005eb8", "#7c2855", "#41b6e6", "#330072", "#768692")


Shown = dict[str, dict[str, int | None]]
"""Of each column, how many patients (lesions) have each value; None: that is hidden."""


def summary_page(
    pack: Pack,
    manifest: Manifest,
    columns: tuple[Column, ...],
    tally: Tally,
    reading: dict[str, Any],
) -> str:
    """Write the page."""
    least = manifest.small_cells
    shown = {name: suppressed(counts, least) for name, counts in tally.results.items()}
    template = environment("bonemets.cohort").get_template("summary.html.jinja")
    return template.render(
        m=manifest,
        sections=sections(pack, columns, shown, manifest.patients, manifest.lesions),
        known=known(columns, tally, least),
        reading=reading,
        most=MOST_SHOWN,
    )


def sections(
    pack: Pack, columns: tuple[Column, ...], shown: Shown, patients: int, lesions: int
) -> list[tuple[str, list[dict[str, Any]]]]:
    """Give what was found, by kind of finding."""
    found = [
        (title, _rows(pack, columns, shown, kind, patients, lesions)) for kind, title in SECTIONS
    ]
    return [(title, rows) for title, rows in found if rows]


def _rows(
    pack: Pack,
    columns: tuple[Column, ...],
    shown: Shown,
    kind: str,
    patients: int,
    lesions: int,
) -> list[dict[str, Any]]:
    """Give the bars of one kind of finding, the most urgent or the most frequent first."""
    rows: list[tuple[tuple[int, int, str], dict[str, Any]]] = []
    for c in columns:
        if not c.key or c.key[0] != kind or c.form not in ("truth", "mask"):
            continue
        if kind == "score" and c.key[2] != "band":
            continue
        counts = shown.get(c.name, {})
        of, total = (
            ("lesions", lesions) if c.table.startswith("lesion_") else ("patients", patients)
        )
        if not total or set(counts) <= {"unknown"} or set(counts) == {"no"}:
            continue
        urgency = pack.alerts[c.item].urgency if kind == "alert" else None
        settled = counts.get("yes", total - (counts.get("unknown", 0) or 0))
        order = (
            URGENCIES.index(urgency) if urgency is not None else 0,
            -(settled or 0),
            c.name,
        )
        rows.append(
            (
                order,
                {
                    "title": c.title,
                    "id": c.name,
                    "item": c.item,
                    "of": of,
                    "urgency": URGENCY_WORDS.get(urgency, "") if urgency is not None else "",
                    "bars": bars(counts, total),
                    "total": total,
                },
            )
        )
    rows.sort(key=lambda x: x[0])
    return [row for _, row in rows[:MOST_SHOWN]]


def bars(counts: dict[str, int | None], total: int) -> list[dict[str, Any]]:
    """Give the stretches of one bar, in percent of its width; hidden ones share what is left."""
    order = [x for x in ("yes", "unknown", "no") if x in counts]
    order += sorted((x for x in counts if x not in TRUTHS), key=lambda x: (BETWEEN in x, x))
    told = sum(n for n in counts.values() if n is not None)
    hidden = [x for x in order if counts[x] is None]
    result: list[dict[str, Any]] = []
    place, colour = 0.0, 0
    for value in order:
        n = counts[value]
        width = 100.0 * n / total if n is not None else 100.0 * (total - told) / total / len(hidden)
        fill = COLOURS.get(value)
        if fill is None:
            fill, colour = OTHERS[colour % len(OTHERS)], colour + 1
        result.append(
            {"value": value, "count": n, "at": round(place, 3), "width": round(width, 3)}
            | {"fill": fill, "open": BETWEEN in value}
        )
        place += width
    return result


def known(columns: tuple[Column, ...], tally: Tally, least: int) -> list[dict[str, Any]]:
    """Give the variables by how often the records say something of them, the most often first."""
    rows: list[tuple[float, dict[str, Any]]] = []
    for c in columns:
        counts = tally.states.get(c.name) if "facts" in c.table else None
        total = sum(counts.values()) if counts else 0
        if counts is None or not total or counts.get("silent", 0) == total:
            continue
        heard = total - counts.get("silent", 0)
        # What is not silent is told where the silent ones are: it tells of them all the same.
        hidden = suppressed(counts, least).get("silent", 0) is None
        said = {"n": None, "share": None} if hidden else {"n": heard, "share": 100 * heard / total}
        rows.append((-heard / total, {"title": c.title, "id": c.name, **said}))
    rows.sort(key=lambda x: (x[0], x[1]["id"]))
    return [row for _, row in rows[:MOST_SHOWN]]
