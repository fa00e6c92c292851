"""The skeleton from the front, with lesions marked at their sites.

The patient's right is on the viewer's left. Shapes stand in tables by the vocabulary's names of
sites and vertebral levels; those of one side are mirrored for the other.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from bonemets.renderers.figures.svg import (
    GREY,
    INK,
    RED,
    WHITE,
    Element,
    add,
    drawing,
    words,
    written,
)

WIDTH: Final = 320
HEIGHT: Final = 620
MIDDLE: Final = 160
MARKER: Final = 13
"""Radius of a lesion's number."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A lesion to mark: its number in the list, where it may be, and whether it is confirmed.

    Places go by the vocabulary's names; empty where nothing is said of them.
    """

    number: int
    sites: tuple[str, ...]
    levels: tuple[str, ...]
    sides: tuple[str, ...]
    confirmed: bool


@dataclass(frozen=True, slots=True)
class Shape:
    """A bone or a part of one.

    Its site and vertebral level, its outline as an SVG path (x outward from the midline), whether
    that is a line (its width) rather than an area (0), and where a lesion in it is marked.
    """

    site: str
    level: str
    path: str
    line: float
    x: float
    y: float


def _circle(x: float, y: float, rx: float, ry: float) -> str:
    return f"M{x - rx:g},{y:g} a{rx:g},{ry:g} 0 1,0 {2 * rx:g},0 a{rx:g},{ry:g} 0 1,0 {-2 * rx:g},0"


def _vertebrae(
    prefix: str, count: int, top: float, pitch: float, first: float, last: float
) -> list[Shape]:
    """Draw a part of the spine: boxes with waisted sides, growing from one width to another."""
    shapes: list[Shape] = []
    for n in range(count):
        level, half = f"{prefix}{n + 1}", (first + (last - first) * n / (count - 1)) / 2
        upper, lower = top + pitch * n + 0.6, top + pitch * (n + 1) - 0.6
        middle, waist = (upper + lower) / 2, 0.82 * half
        path = (
            f"M{-half:g},{upper:g} L{half:g},{upper:g} Q{waist:g},{middle:g} {half:g},{lower:g} "
            f"L{-half:g},{lower:g} Q{-waist:g},{middle:g} {-half:g},{upper:g} Z"
        )
        site = "upper_cervical_spine" if level in UPPERMOST else SPINE[prefix]
        shapes.append(Shape(site, level, path, 0, 0, middle))
    return shapes


def _ribs() -> list[Shape]:
    """Draw ribs as open arcs; the lower they are, the shorter they reach to the front."""
    shapes: list[Shape] = []
    for n in range(12):
        y, reach = 143 + 8.3 * n, 48 + 2.4 * min(n, 6) - 3.5 * max(n - 8, 0)
        front = 9 + 6.5 * max(n - 6, 0) if n < 10 else 30 - 4 * (n - 10)
        drop = 14 + 1.6 * n if n < 10 else 16
        path = f"M10,{y:g} C{reach:g},{y - 9:g} {reach + 6:g},{y + drop:g} {front:g},{y + drop:g}"
        shapes.append(Shape("rib", "", path, 3, 0.72 * reach, y + 2))
    return shapes


UPPERMOST: Final = ("c1", "c2")
SPINE: Final = {"c": "cervical_spine", "t": "thoracic_spine", "l": "lumbar_spine"}

PAIRED: Final = (
    *_ribs(),
    Shape("scapula", "", "M44,140 L68,140 L62,160 L50,188 L44,162 Z", 0, 56, 154),
    Shape("clavicle", "", "M7,140 C24,128 40,136 64,132", 5, 38, 133),
    Shape("humerus_proximal", "", "M72,142 L75,160", 13, 74, 150),
    Shape("humerus_shaft", "", "M75,160 L83,222", 8, 79, 192),
    Shape("humerus_distal", "", "M83,222 L86,240", 12, 85, 232),
    Shape("radius", "", "M92,246 L105,316", 5, 99, 284),
    Shape("ulna", "", "M83,246 L96,316", 5, 90, 286),
    Shape("hand", "", "M93,320 L109,320 L116,350 L108,372 L100,372 L93,350 Z", 0, 104, 346),
    Shape("ilium", "", "M13,270 C26,250 58,250 64,274 C66,290 56,302 46,306 L20,304 Z", 0, 42, 278),
    Shape("pubis", "", "M4,328 L36,314 L40,324 L9,340 Z", 0, 20, 328),
    Shape("ischium", "", "M11,343 C14,362 32,358 40,332", 6, 23, 354),
    Shape("acetabulum", "", _circle(50, 314, 14, 14), 0, 52, 303),
    Shape("femur_head_neck", "", "M44,321 A9,9 0 1 1 59,318 L66,331 L60,338 Z", 0, 52, 315),
    Shape("femur_trochanteric", "", "M60,330 L73,334 L71,355 L58,351 Z", 0, 66, 344),
    Shape("femur_subtrochanteric", "", "M64,353 L62,378", 12, 63, 366),
    Shape("femur_shaft", "", "M62,378 L51,448", 9, 57, 412),
    Shape("femur_distal", "", "M51,448 L48,470", 16, 49, 459),
    Shape("patella", "", _circle(47, 474, 6, 6), 0, 47, 474),
    Shape("tibia", "", "M46,483 L41,572", 9, 44, 524),
    Shape("fibula", "", "M56,487 L50,572", 4, 53, 530),
    Shape("foot", "", "M35,577 L54,577 L67,601 L62,607 L37,605 Z", 0, 49, 593),
)
MIDLINE: Final = (
    Shape("skull_vault", "", _circle(0, 36, 28, 29), 0, 0, 28),
    Shape("skull_base", "", _circle(0, 64, 19, 13), 0, 0, 63),
    Shape("mandible", "", "M-15,74 C-14,92 14,92 15,74 L11,74 C8,84 -8,84 -11,74 Z", 0, 0, 84),
    *_vertebrae("c", 7, 92, 6.2, 15, 18),
    *_vertebrae("t", 12, 136, 8.5, 18, 22),
    *_vertebrae("l", 5, 238.5, 11.2, 23, 27),
    Shape("sacrum", "", "M-16,296 L16,296 L10,322 L3,337 L-3,337 L-10,322 Z", 0, 0, 311),
    Shape("sternum", "", "M-6,140 L6,140 L5,188 L0,203 L-5,188 Z", 0, 0, 168),
)
OUTLINED: Final = ("sternum",)
"""Drawn as an outline only: the spine behind it is to be seen."""
PARTS: Final = (("right", -1, PAIRED), ("left", 1, PAIRED), ("midline", 1, MIDLINE))


ONE_OF_MANY: Final = ("rib",)
"""Where the vocabulary does not say which of several bones: a place is marked, none is painted."""


def skeleton(marks: Iterable[Mark], name: str) -> str:
    """Draw the skeleton with lesions marked; `name` says in one sentence what is to be seen."""
    marks = list(marks)
    root = drawing(WIDTH, HEIGHT, name)
    for half, x in (("right", -MIDDLE), ("left", 0)):
        clip = add(root, "clipPath", id=f"skeleton-{half}")
        add(clip, "rect", x=x, y=0, width=MIDDLE, height=HEIGHT)
    places: dict[int, list[tuple[float, float]]] = {m.number: [] for m in marks}
    settled = {m.number for m in marks if m.confirmed and len(_bones(m)) == 1}
    for side, sign, shapes in PARTS:
        group = add(root, "g", transform=f"translate({MIDDLE} 0) scale({sign} 1)")
        for shape in shapes:
            here = [m for m in marks if _holds(m, shape, side)]
            _draw(group, shape, [] if shape.site in ONE_OF_MANY else here, settled)
            for mark in here:
                places[mark.number].append(
                    (MIDDLE + sign * (shape.x + _aside(mark, side)), shape.y)
                )
    words(root, 4, 18, "Right", 16)
    words(root, WIDTH - 4, 18, "Left", 16, text_anchor="end")
    words(root, MIDDLE, HEIGHT - 4, "seen from the front", 12, text_anchor="middle")
    _numbers(root, marks, places, settled)
    return written(root)


def bones(name: str) -> str:
    """Draw the skeleton to choose from: each bone in a group that says which it is.

    `data-site`, `data-level` and `data-side` hold the vocabulary's names.
    """
    root = drawing(WIDTH, HEIGHT, name)
    for side, sign, shapes in PARTS:
        half = add(root, "g", transform=f"translate({MIDDLE} 0) scale({sign} 1)")
        for shape in shapes:
            said = {"data_site": shape.site, "data_level": shape.level, "data_side": side}
            group = add(half, "g", **said)
            add(group, "title", f"{side} {shape.level or shape.site}".replace("_", " "))
            _draw(group, shape, [], set())
    words(root, 4, 18, "Right", 16)
    words(root, WIDTH - 4, 18, "Left", 16, text_anchor="end")
    return written(root)


def _holds(mark: Mark, shape: Shape, side: str) -> bool:
    """Say whether a lesion is, or may be, in a shape."""
    if shape.site not in mark.sites:
        return False
    if shape.level and mark.levels and shape.level not in mark.levels:
        return False
    return side == "midline" or not mark.sides or side in mark.sides


def _half(mark: Mark) -> str:
    """Give the one half in which a lesion of a midline bone lies; "" for none, or not said."""
    return mark.sides[0] if len(mark.sides) == 1 and mark.sides[0] in ("left", "right") else ""


def _aside(mark: Mark, side: str) -> float:
    """Give how far from the midline a lesion of one half of a midline bone is marked."""
    return {"left": 8.0, "right": -8.0}.get(_half(mark), 0.0) if side == "midline" else 0.0


def _bones(mark: Mark) -> set[tuple[str, str, str]]:
    """Give the bones in which a lesion may be; the ribs of a side are one place."""
    return {
        (shape.site, shape.level, side)
        for side, _, shapes in PARTS
        for shape in shapes
        if _holds(mark, shape, side)
    }


def _draw(group: Element, shape: Shape, here: list[Mark], settled: set[int]) -> None:
    """Draw a bone: filled where a lesion surely is (in its half), dashed where one may be."""
    _paint(group, shape, GREY, WHITE, dashed=False)
    sure = [m for m in here if m.number in settled]
    halves = {_half(m) for m in sure} if not shape.line and not shape.level else {""}
    if sure and shape in MIDLINE and "" not in halves:
        for half in sorted(halves):
            clipped = add(group, "g", clip_path=f"url(#skeleton-{half})")
            _paint(clipped, shape, RED, RED, dashed=False)
    elif sure:
        _paint(group, shape, RED, RED, dashed=False)
    elif here:
        _paint(group, shape, RED, WHITE, dashed=True)


def _paint(group: Element, shape: Shape, edge: str, fill: str, *, dashed: bool) -> None:
    common: dict[str, float | str] = {"d": shape.path}
    if dashed:
        common["stroke_dasharray"] = "3 2"
    if shape.line:
        stroke = {**common, "fill": "none", "stroke_linecap": "butt" if dashed else "round"}
        add(group, "path", **stroke, stroke=edge, stroke_width=shape.line)
        if fill == WHITE:
            inner = {**stroke, "stroke_dasharray": "none", "stroke_linecap": "round"}
            add(group, "path", **inner, stroke=WHITE, stroke_width=max(shape.line - 1.6, 1))
        return
    fill = "none" if shape.site in OUTLINED and fill == WHITE else fill
    add(group, "path", **common, fill=fill, stroke=edge, stroke_width=0.8 if edge == GREY else 1.6)


def _numbers(
    root: Element,
    marks: list[Mark],
    places: dict[int, list[tuple[float, float]]],
    settled: set[int],
) -> None:
    """Write the lesions' numbers at the edges, with a line to each side where one may be."""
    rows: dict[bool, list[tuple[float, float, Mark]]] = {True: [], False: []}
    for mark in marks:
        for left in (True, False):
            found = sorted(y for x, y in places[mark.number] if (x >= MIDDLE) == left)
            if found:
                y = found[len(found) // 2]
                x = next(x for x, at in places[mark.number] if at == y and (x >= MIDDLE) == left)
                rows[left].append((y, x, mark))
    for left, listed in rows.items():
        last = 24.0
        edge = WIDTH - MARKER - 2 if left else MARKER + 2
        for y, x, mark in sorted(listed, key=lambda row: row[0]):
            at = last = max(y, last + 2 * MARKER + 3)
            add(root, "line", x1=x, y1=y, x2=edge, y2=at, stroke=INK, stroke_width=0.9)
            sure = mark.number in settled
            add(root, "circle", cx=x, cy=y, r=3.2, fill=INK if sure else WHITE, stroke=INK)
            circle = {"fill": INK if sure else WHITE, "stroke": INK, "stroke_width": 1.2}
            add(root, "circle", cx=edge, cy=at, r=MARKER, **circle)
            bold = {"font_weight": "bold", "text_anchor": "middle"}
            colour = WHITE if sure else INK
            words(root, edge, at + 5, str(mark.number), 15, **bold, fill=colour)
