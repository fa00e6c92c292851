"""Figures as SVG text: drawn by presentation attributes only, for a page and for a typesetter.

Every figure has a role, a one-sentence name, and stands beside the same facts in words.
"""

from bonemets.renderers.figures.bounds import bounds
from bonemets.renderers.figures.grades import grades, has_gap
from bonemets.renderers.figures.ladder import Rung, ladder
from bonemets.renderers.figures.outlook import outlook
from bonemets.renderers.figures.people import people
from bonemets.renderers.figures.skeleton import Mark, bones, skeleton

__all__ = [
    "Mark",
    "Rung",
    "bones",
    "bounds",
    "grades",
    "has_gap",
    "ladder",
    "outlook",
    "people",
    "skeleton",
]
