"""The numbers of the sources that a rendered assessment cites."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from bonemets.model import Source


@dataclass(slots=True)
class Citations:
    """Numbers sources in the order of citing, and letters the places cited in each."""

    found: dict[str, tuple[int, Source]] = field(default_factory=dict[str, tuple[int, Source]])
    places: dict[str, list[tuple[str | None, str]]] = field(
        default_factory=dict[str, list[tuple[str | None, str]]]
    )

    def cite(self, cited: Iterable[Source]) -> str:
        """Give the citation of some sources, such as " [1ab, 2]"; empty for none."""
        said = [mark for _, mark in self.marks(cited)]
        return f" [{', '.join(said)}]" if said else ""

    def marks(self, cited: Iterable[Source]) -> list[tuple[int, str]]:
        """Give each source's number and mark: `1ab` where two places of it are cited."""
        marks: dict[int, tuple[str, set[int]]] = {}
        for source in cited:
            n, _ = self.found.setdefault(source.id, (len(self.found) + 1, source))
            places = self.places.setdefault(source.id, [])
            place = (source.at, source.confirmation)
            if place not in places:
                places.append(place)
            marks.setdefault(n, (source.id, set()))[1].add(places.index(place))
        return [
            (n, f"{n}{''.join(map(letters, sorted(at)))}" if len(self.places[key]) > 1 else str(n))
            for n, (key, at) in sorted(marks.items())
        ]

    def listed(self) -> list[tuple[int, Source, list[tuple[str | None, str]]]]:
        """List the sources by number, with the places cited in each."""
        return [(n, source, self.places[key]) for key, (n, source) in self.found.items()]


def letters(place: int) -> str:
    """Give the letters of a place, counted from 0: a to z, then aa, ab and so on."""
    return (letters(place // 26 - 1) if place >= 26 else "") + chr(ord("a") + place % 26)
