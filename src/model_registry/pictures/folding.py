"""Long layouts in columns: a chain of a hundred variables is read like a page, not like a tape.

The layers stay as they are; where a column ends, strands turn round below it, run back beside it, and turn into the
next column from above. Nothing else lies there.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from model_registry.pictures.layout import STEM, Layout, Station, Way, turn

MOST_COLUMNS = 12
MOST_LANES = 8
"""Strands that may pass from one column to the next; where there are more, a layout is not folded."""

_LANE, _BESIDE = 10.0, 26.0


def folded(layout: Layout, columns: int) -> Layout:
    """Give a layout in so many columns as nearly alike as its layers allow; as it was, if too much would turn round."""
    lanes = _Fold(layout, starts := _starts(layout, columns)).counted()
    if lanes > MOST_LANES:
        return layout
    fold = _Fold(layout, starts, lanes)
    ways = tuple(tuple(fold.way(way)) for way in layout.ways)
    turns = [turn(*pair) for way in ways for pair in pairwise(way) if _turns(*pair)]
    return Layout(
        tuple(fold.moved(across, along) for across, along in layout.centres),
        ways,
        layout.across + (len(starts) - 1) * fold.pitch,
        max([fold.depth, *turns]),
        layout.bands,
    ).moved(0.0, max(0.0, -min(turns, default=0.0)))


def _turns(here: Station, there: Station) -> bool:
    return (here.end > here.begin) is not (there.end > there.begin)


def _starts(layout: Layout, columns: int) -> tuple[float, ...]:
    """Give where along each column begins: at the layers nearest to equal parts."""
    starts = [0.0]
    for column in range(1, columns):
        wanted = layout.along * column / columns
        starts.append(min((abs(begin - wanted), begin) for begin, _ in layout.bands)[1])
    return tuple(dict.fromkeys(starts))


@dataclass(slots=True)
class _Fold:
    """A layout while it is folded; `lanes` are the strands beside each column, by where they leave and enter."""

    layout: Layout
    starts: Sequence[float]
    most: int = 0
    lanes: dict[int, dict[tuple[float, float], int]] = field(default_factory=dict)

    @property
    def pitch(self) -> float:
        """Give how far apart columns are: as broad as one, and room for the lanes beside it."""
        return self.layout.across + 2 * _BESIDE + (self.most - 1) * _LANE

    @property
    def depth(self) -> float:
        """Give how far the longest column reaches along."""
        ends = [*self.starts[1:], self.layout.along]
        return max(
            max(end for _, end in self.layout.bands if end <= stop + 0.01) - start
            for start, stop in zip(self.starts, ends, strict=True)
        )

    def column(self, along: float) -> int:
        """Give the column of a place along."""
        return bisect_right(self.starts, along + STEM) - 1

    def counted(self) -> int:
        """Give how many lanes there are beside the column that most strands leave."""
        for way in self.layout.ways:
            list(self.way(way))
        return max(map(len, self.lanes.values()), default=0)

    def moved(self, across: float, along: float) -> tuple[float, float]:
        """Give a place in its column."""
        column = self.column(along)
        return across + column * self.pitch, along - self.starts[column]

    def way(self, way: Way) -> Iterator[Station]:
        """Give a way with a station beside each column that it leaves."""
        before: Station | None = None
        for station in way:
            if before is not None and self._column_of(before) != self._column_of(station):
                yield self._beside(before, station)
            yield self._moved(station)
            before = station

    def _column_of(self, station: Station) -> int:
        return self.column(max(station.begin, station.end))

    def _moved(self, station: Station) -> Station:
        column = self._column_of(station)
        return station.moved(column * self.pitch, -self.starts[column])

    def _beside(self, here: Station, there: Station) -> Station:
        """Give the station between two columns, from the end of one to the beginning of the next or back."""
        column = min(self._column_of(here), self._column_of(there))
        lanes = self.lanes.setdefault(column, {})
        ends = (here.across, there.across) if self._column_of(here) == column else (there.across, here.across)
        lane = lanes.setdefault(ends, len(lanes))
        across = column * self.pitch + self.layout.across + _BESIDE + lane * _LANE
        return Station(across, self._moved(here).end, self._moved(there).begin)
