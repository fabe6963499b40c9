"""Where everything of a factor graph lies: connected parts side by side, what is connected to nothing in a grid."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

from model_registry.pictures.folding import MOST_COLUMNS, folded
from model_registry.pictures.graph import Graph, Link, Node
from model_registry.pictures.groups import GROUPS, group_of
from model_registry.pictures.layout import Box, Layout, Strand, Way, arranged, laid_out, shelved
from model_registry.pictures.letters import NAME_SIZE, SMALL_SIZE, name_width, shortened, text_width

HEIGHT = 40.0
"""Height of a node."""

LABEL, NAME = 28, 26
"""Characters shown of a label and of a name; all of it is told on hover."""

_NARROWEST, _PADDING = 56.0, 28.0
_GAP = 36.0
_GRID_GAP, _GRID_TOP = 14.0, 26.0
_LINE = 14.0
_LOOP, _NEXT_LOOP = 20.0, 12.0
_RATIO = 1.5
_WIDE, _HIGH = 1_000.0, 760.0
_FOLDING = 0.7


@dataclass(frozen=True, slots=True)
class Rectangle:
    """A box by its middle and its size."""

    x: float
    y: float
    width: float
    height: float = HEIGHT


@dataclass(frozen=True, slots=True)
class Line:
    """A strand of a link: its way, already in its place, and at which of its ends it has an arrow."""

    way: Way
    tips: tuple[bool, bool]


@dataclass(frozen=True, slots=True)
class Plan:
    """A factor graph in its place. `upright` tells whether it flows down or to the right.

    `lines` are the strands of each link, `points` where a link has a joint or a label. `apart` is the top of the grid
    of nodes that nothing is connected to, None where there is none.
    """

    upright: bool
    boxes: Mapping[str, Rectangle]
    lines: Mapping[Link, tuple[Line, ...]]
    points: Mapping[Link, tuple[float, float]]
    width: float
    height: float
    apart: float | None = None


def planned(graph: Graph) -> Plan:
    """Give the plan of a graph, flowing down or to the right, whichever can be seen whole at the larger scale."""
    parts = [_Part(nodes, links) for nodes, links in _components(graph)]
    return min((_plan(graph, parts, upright=upright) for upright in (True, False)), key=_shrinking)


def loops_of(links: Iterable[Link]) -> dict[str, list[Link]]:
    """Give the links that lead from a node to itself, by node."""
    found: dict[str, list[Link]] = {}
    for link in filter(is_loop, links):
        found.setdefault(link.sources[0], []).append(link)
    return found


def is_loop(link: Link) -> bool:
    """Tell whether a link leads from one node to itself."""
    return link.sources == link.targets and len(link.sources) == 1


def loop_reach(number: int) -> float:
    """Give how far the loop of this number reaches out of its node."""
    return _LOOP + number * _NEXT_LOOP


def loop_label(loops: Sequence[Link]) -> str:
    """Give the label of all loops of a node."""
    return shortened(", ".join(filter(None, (loop.label for loop in loops))), LABEL)


def node_width(node: Node) -> float:
    """Give the width of a node, which holds its name and its size."""
    words = (name_width(shortened(node.name, NAME), NAME_SIZE), name_width(shortened(node.size, NAME), SMALL_SIZE))
    return float(max(_NARROWEST, round(max(words) + _PADDING)))


def _shrinking(plan: Plan) -> float:
    return max(plan.width / _WIDE, plan.height / _HIGH)


def _plan(graph: Graph, parts: Sequence[_Part], *, upright: bool) -> Plan:
    layouts = [_fitted(laid_out(part.skeleton, part.boxes(upright=upright)), upright=upright) for part in parts]
    sizes = {
        place: (layout.across, layout.along) if upright else (layout.along, layout.across)
        for place, layout in enumerate(layouts)
    }
    area = sum((width + _GAP) * (height + _GAP) for width, height in sizes.values())
    breadth = max([sqrt(area * _RATIO), *(width for width, _ in sizes.values())], default=0.0)
    corners = shelved(sizes, breadth + 1, _GAP)
    boxes: dict[str, Rectangle] = {}
    lines: dict[Link, tuple[Line, ...]] = {}
    points: dict[Link, tuple[float, float]] = {}
    for place, part in enumerate(parts):
        across, along = corners[place] if upright else corners[place][::-1]
        centres = [(x + across, y + along) for x, y in layouts[place].centres]
        centres = centres if upright else [(y, x) for x, y in centres]
        boxes.update(part.rectangles(centres))
        points.update({link: centres[vertex] for link, vertex in part.point.items()})
        for way, (link, tips) in zip(layouts[place].ways, part.of, strict=True):
            put = tuple(station.moved(across, along) for station in way)
            lines[link] = (*lines.get(link, ()), Line(put, tips))
    width, height = (
        max((corners[place][side] + sizes[place][side] for place in sizes), default=0.0) for side in (0, 1)
    )
    alone = _alone(graph)
    if not alone:
        return Plan(upright, boxes, lines, points, width, height)
    top = height + _GRID_TOP if boxes else 0.0
    grid = dict(_grid(alone, max(width, _grid_breadth(alone)), top + _LINE))
    right = max(box.x + box.width / 2 for box in grid.values())
    bottom = max(box.y for box in grid.values()) + HEIGHT / 2
    return Plan(upright, boxes | grid, lines, points, max(width, right), bottom, top)


def _fitted(layout: Layout, *, upright: bool) -> Layout:
    """Give a layout in as many columns as let it be seen whole at the largest scale, in one unless that helps much."""

    def shrinking(layout: Layout) -> float:
        sides = (layout.across, layout.along) if upright else (layout.along, layout.across)
        return max(1.0, sides[0] / _WIDE, sides[1] / _HIGH)

    found = [folded(layout, columns) for columns in range(2, MOST_COLUMNS + 1) if columns <= len(layout.bands) // 3]
    best = min(found, key=shrinking, default=layout)
    return best if shrinking(best) < _FOLDING * shrinking(layout) else layout


def _alone(graph: Graph) -> list[Node]:
    """Give the nodes without a link, group by group."""
    linked = {name for link in graph.links for name in (*link.sources, *link.targets)}
    order = {group.key: place for place, group in enumerate(GROUPS)}
    nodes = [node for node in graph.nodes if node.name not in linked]
    return sorted(nodes, key=lambda node: order.get(group_of(node.role).key, len(order)))


def _grid(nodes: Sequence[Node], breadth: float, top: float) -> Iterator[tuple[str, Rectangle]]:
    """Give the nodes in rows of columns of one width."""
    column = max(map(node_width, nodes))
    columns = max(1, int((breadth + _GRID_GAP) // (column + _GRID_GAP)))
    for place, node in enumerate(nodes):
        row, number = divmod(place, columns)
        left, y = number * (column + _GRID_GAP), top + row * (HEIGHT + _GRID_GAP)
        yield node.name, Rectangle(left + column / 2, y + HEIGHT / 2, column)


def _grid_breadth(nodes: Sequence[Node]) -> float:
    """Give how broad a grid of these nodes is when it is balanced."""
    cell = (max(map(node_width, nodes)) + _GRID_GAP) * (HEIGHT + _GRID_GAP)
    return min(_WIDE, max(_WIDE / 3, sqrt(len(nodes) * cell * _RATIO)))


def _components(graph: Graph) -> list[tuple[list[Node], list[Link]]]:
    """Give the connected parts that have a link, the largest first."""
    leader: dict[str, str] = {node.name: node.name for node in graph.nodes}

    def lead(name: str) -> str:
        while leader[name] != name:
            leader[name] = name = leader[leader[name]]
        return name

    for link in graph.links:
        first, *others = (*link.sources, *link.targets)
        for other in others:
            leader[lead(other)] = lead(first)
    parts: dict[str, tuple[list[Node], list[Link]]] = {}
    for link in graph.links:
        parts.setdefault(lead(link.sources[0]), ([], []))[1].append(link)
    for node in graph.nodes:
        if lead(node.name) in parts:
            parts[lead(node.name)][0].append(node)
    return sorted(parts.values(), key=lambda part: -len(part[0]))


class _Part:
    """A connected part: its nodes are the first vertices, then comes a point for each link that
    joins more than two nodes or has a label."""

    def __init__(self, nodes: Sequence[Node], links: Sequence[Link]) -> None:
        self.nodes = nodes
        self.loops = loops_of(links)
        self.vertex = {node.name: place for place, node in enumerate(nodes)}
        self.point: dict[Link, int] = {}
        self.strands: list[Strand] = []
        self.of: list[tuple[Link, tuple[bool, bool]]] = []
        for link in links:
            self._join(link)
        points = [place >= len(nodes) for place in range(len(nodes) + len(self.point))]
        self.skeleton = arranged(points, self.strands)

    def boxes(self, *, upright: bool) -> list[Box]:
        """Give the boxes of all vertices, for a graph that flows down (`upright`) or to the right."""
        nodes = [self._node(node, upright=upright) for node in self.nodes]
        return [*nodes, *(_waypoint(shortened(link.label, LABEL), upright=upright) for link in self.point)]

    def rectangles(self, centres: Sequence[tuple[float, float]]) -> dict[str, Rectangle]:
        """Give the box of each node around its middle."""
        return {node.name: Rectangle(*centres[place], node_width(node)) for place, node in enumerate(self.nodes)}

    def _node(self, node: Node, *, upright: bool) -> Box:
        outline, loops = group_of(node.role).outline, self.loops.get(node.name, ())
        room = loop_reach(len(loops) - 1) if loops else 0.0
        words = loop_label(loops)
        width = text_width(words, SMALL_SIZE) + 4 if words else 0.0
        if upright:
            return Box(node_width(node) / 2, HEIGHT, room + width, outline)
        return Box(HEIGHT / 2, max(node_width(node), width), room + _LINE * bool(words), outline)

    def _join(self, link: Link) -> None:
        """Add the strands of a link, and its point where it needs one."""
        if is_loop(link):
            return
        both, towards = link.kind == "bidirectional", link.kind != "undirected"
        sources, targets = ([self.vertex[name] for name in side] for side in (link.sources, link.targets))
        if len(sources) == len(targets) == 1 and not link.label:
            self._add(link, sources[0], targets[0], (both, towards), length=2)
            return
        self.point[link] = point = len(self.nodes) + len(self.point)
        for source in sources:
            self._add(link, source, point, (both, False))
        for target in targets:
            self._add(link, point, target, (False, towards), onward=len(sources) == len(targets) == 1)

    def _add(
        self, link: Link, source: int, target: int, tips: tuple[bool, bool], *, length: int = 1, onward: bool = False
    ) -> None:
        self.strands.append(Strand(source, target, length, f"{link.kind} {link.mark}", onward))
        self.of.append((link, tips))


def _waypoint(words: str, *, upright: bool) -> Box:
    """Give the box of a joint or of a label, which stands beside its line."""
    width = text_width(words, SMALL_SIZE) + 8 if words else 0.0
    if upright:
        return Box(3.0, _LINE if words else 6.0, width)
    return Box(3.0, max(6.0, width), _LINE * bool(words))
