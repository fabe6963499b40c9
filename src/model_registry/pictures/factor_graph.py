"""A model's factor graph as a picture."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

from model_registry.domain.printable import counted
from model_registry.gnn.model import GNNModel
from model_registry.pictures.difference import GraphDifference, Mark
from model_registry.pictures.graph import Graph, Link, Node, read_graph
from model_registry.pictures.groups import GROUPS, OTHERS, group_of
from model_registry.pictures.layout import Way, turn
from model_registry.pictures.legend import Entry, legend
from model_registry.pictures.letters import shortened, text_width
from model_registry.pictures.plan import (
    LABEL,
    NAME,
    Line,
    Plan,
    Rectangle,
    is_loop,
    loop_label,
    loop_reach,
    loops_of,
    planned,
)
from model_registry.pictures.shapes import OUTLINES, inset
from model_registry.pictures.svg import Frame, element, framed, group, name_key, number, text, told

MARGIN = 16.0
ARROW = 8.0
"""Length of an arrow head."""

SIGNS = {Mark.ADDED: "+", Mark.REMOVED: "−", Mark.CHANGED: "~"}
"""The sign beside a node that was added, removed or changed."""

_NARROWEST = 440.0
_LOOP_OPENING = 9.0


def factor_graph(model: GNNModel, *, compared: GraphDifference | None = None, standalone: bool = False) -> str:
    """Give the factor graph of a model as SVG: variables by role, and their connections.

    A connection of more than two variables has a joint. With `compared` (see `graph_difference`), what an older model
    had is in it too, and what differs is marked. At most 160 variables are drawn, the connected ones first; the picture
    says what is left out. `standalone` gives a file that brings its style.
    """
    graph = read_graph(model, compared)
    plan = planned(graph)
    notes = [*_left_out(graph), *(["The model declares no variables."] if not graph.nodes else [])]
    widest = max(plan.width, _NARROWEST)
    body = [*_edges(graph, plan), *_nodes(graph, plan)]
    key, depth = legend(_entries(graph, compared), widest, plan.height + 22 if graph.nodes else 0.0)
    lines = [text(note, 0, plan.height + 22 + depth + 16 * row + 12, "muted") for row, note in enumerate(notes)]
    width = max([widest, *(text_width(note) for note in notes)]) + 2 * MARGIN
    height = plan.height + 22 + depth + 16 * len(lines) + 2 * MARGIN
    about = "The connections of" if compared is None else "What changed in the connections of"
    frame = Frame(
        f"{about} {shortened(model.name, 80) or 'a model'}",
        _description(graph),
        round(width),
        round(height),
        ("graph",),
        "factor-graph compared" if compared else "factor-graph",
        focusable=True,
    )
    shifted = group(None, [*body, *key, *lines], transform=f"translate({number(MARGIN)} {number(MARGIN)})")
    return framed(frame, [shifted], standalone=standalone)


def _edges(graph: Graph, plan: Plan) -> Iterator[str]:
    loops = loops_of(graph.links)
    outlines = {node.name: group_of(node.role).outline for node in graph.nodes}
    for link in graph.links:
        if is_loop(link):
            name = link.sources[0]
            parts = list(_loop(plan, plan.boxes[name], outlines[name], loops[name], loops[name].index(link)))
        else:
            parts = [*_strands(plan, plan.lines[link]), *_point(plan, link)]
        kind = " ".join(filter(None, ("edge", link.kind, link.mark)))
        ends = {
            "data_source": " ".join(map(name_key, link.sources)),
            "data_target": " ".join(map(name_key, link.targets)),
        }
        yield group(kind, [told(*link.told, *([link.mark] if link.mark else [])), *parts], **ends)


def _strands(plan: Plan, lines: Iterable[Line]) -> Iterator[str]:
    for line in lines:
        way = line.way
        begin, end = way[0], way[-1]
        start, stop = _sign(begin.begin, begin.end), _sign(end.begin, end.end)
        tips = [
            (place, ahead)
            for place, ahead, tipped in (
                ((begin.across, begin.begin), -start, line.tips[0]),
                ((end.across, end.end), stop, line.tips[1]),
            )
            if tipped
        ]
        yield element("path", {"d": _path(plan, way, shorter=line.tips)})
        yield from (_arrow(plan, across, along, ahead) for (across, along), ahead in tips)


def _path(plan: Plan, way: Way, shorter: tuple[bool, bool]) -> str:
    first, last = way[0], way[-1]
    begin = first.begin + (ARROW - 2) * _sign(first.begin, first.end) * shorter[0]
    stop = last.end - (ARROW - 2) * _sign(last.begin, last.end) * shorter[1]
    words = [f"M{_at(plan, first.across, begin)}"]
    for here, there in pairwise(way):
        reach = turn(here, there)
        bends = ((here.across, reach), (there.across, reach), (there.across, there.begin))
        words.append(f"L{_at(plan, here.across, here.end)}")
        words.append(f"C{' '.join(_at(plan, *bend) for bend in bends)}")
    words.append(f"L{_at(plan, last.across, stop)}")
    return "".join(words)


def _arrow(plan: Plan, across: float, along: float, ahead: int) -> str:
    tail = along - ARROW * ahead
    corners = [(across, along), (across - ARROW / 2, tail), (across + ARROW / 2, tail)]
    return element("path", {"class": "arrow", "d": f"M{'L'.join(_at(plan, *corner) for corner in corners)}z"})


def _point(plan: Plan, link: Link) -> Iterator[str]:
    """Give the joint of a link of more than two nodes, and its label beside it."""
    if link not in plan.points:
        return
    x, y = plan.points[link]
    if len(link.sources) + len(link.targets) > 2:
        yield element("circle", {"class": "joint", "cx": x, "cy": y, "r": 3})
    if link.label:
        words = shortened(link.label, LABEL)
        yield (
            text(words, x + 7, y + 4, "small muted")
            if plan.upright
            else text(words, x, y + 14, "small muted", "middle")
        )


def _loop(plan: Plan, box: Rectangle, outline: str, loops: list[Link], place: int) -> Iterator[str]:
    """Give a loop out of the side of a node across the flow, larger for each one after the first."""
    half, depth = (box.width / 2, box.height) if plan.upright else (box.height / 2, box.width)
    opening = _LOOP_OPENING + 2.0 * place
    into = inset(outline, opening, side=depth, depth=2 * half)
    across, along = (box.x, box.y) if plan.upright else (box.y, box.x)
    side, far = across + half - into, across + half + loop_reach(place) * 1.25
    arrow = loops[place].kind in {"directed", "conditional", "bidirectional"}
    stop = side + ARROW - 2 if arrow else side
    bends = ((far, along - opening - 4), (far, along + opening + 4), (stop, along + opening))
    path = f"M{_at(plan, side, along - opening)}C{' '.join(_at(plan, *bend) for bend in bends)}"
    yield element("path", {"d": path})
    if arrow:
        tip = [(side, along + opening), (side + ARROW, along + opening - 3), (side + ARROW, along + opening + 4)]
        yield element("path", {"class": "arrow", "d": f"M{'L'.join(_at(plan, *corner) for corner in tip)}z"})
    words = loop_label(loops)
    if words and place == len(loops) - 1:
        beside = across + half + loop_reach(place)
        if plan.upright:
            yield text(words, beside + 3, along + 4, "small muted")
        else:
            yield text(words, along, beside + 11, "small muted", "middle")


def _nodes(graph: Graph, plan: Plan) -> Iterator[str]:
    if plan.apart is not None:
        yield text("Not connected", 0, plan.apart, "muted small heading")
    for node in graph.nodes:
        yield _node(node, plan.boxes[node.name])


def _node(node: Node, box: Rectangle) -> str:
    kind = group_of(node.role)
    role = node.role.value.replace("_", "-") if node.role else "unknown"
    left, top = box.x - box.width / 2, box.y - box.height / 2
    name = shortened(node.name, NAME)
    size = shortened(node.size, NAME)
    words = [text(name, box.x, box.y - 2 if size else box.y + 4.5, "name", "middle")]
    if size:
        words.append(text(size, box.x, box.y + 12.5, "small muted size", "middle"))
    badge = _badge(node.mark, left + box.width - 3, top + 2) if node.mark else []
    classes = ("node", f"role-{role}", kind.key, "" if node.declared else "undeclared", node.mark or "")
    parts = [
        told(*node.told, node.mark or ""),
        OUTLINES[kind.outline](left, top, box.width, box.height),
        *words,
        *badge,
    ]
    return group(" ".join(filter(None, classes)), parts, data_name=name_key(node.name), tabindex=0, role="img")


def _badge(mark: Mark, x: float, y: float) -> list[str]:
    circle = element("circle", {"class": f"badge {mark}", "cx": x, "cy": y, "r": 8})
    return [circle, text(SIGNS[mark], x, y + 4.5, "sign", "middle")]


def _entries(graph: Graph, compared: GraphDifference | None) -> Iterator[Entry]:
    present = {group_of(node.role).key for node in graph.nodes}
    for kind in (*GROUPS, OTHERS):
        if kind.key in present:
            yield Entry(kind.title, group(kind.key, [OUTLINES[kind.outline](0, -14, 32, 20)]), 32)
    kinds = {link.kind for link in graph.links} | {"directed"}
    for name in ("directed", "undirected", "bidirectional", "conditional"):
        if name in kinds and len(kinds) > 1:
            yield Entry(name, group(f"edge {name}", _sample(name)), 30)
    marks = {node.mark for node in graph.nodes} | {link.mark for link in graph.links} if compared else set()
    for mark in (mark for mark in Mark if mark in marks):
        line = element("path", {"d": "M18 -4h24"})
        yield Entry(mark.value, group(f"edge {mark}", [line]) + "".join(_badge(mark, 8, -4)), 42)


def _sample(name: str) -> list[str]:
    left, right = name == "bidirectional", name != "undirected"
    heads = ["M0 -4l8 -4v8z"] * left + ["M30 -4l-8 -4v8z"] * right
    line = element("path", {"d": f"M{6 * left} -4H{24 if right else 30}"})
    return [line, *(element("path", {"class": "arrow", "d": head}) for head in heads)]


def _left_out(graph: Graph) -> list[str]:
    left = [
        counted(number, f"more {thing}")
        for number, thing in ((graph.nodes_left, "variable"), (graph.links_left, "connection"))
        if number
    ]
    return [f"Not drawn: {' and '.join(left)}."] if left else []


def _description(graph: Graph) -> str:
    """Give in words how many things the picture shows, and which names belong to which group."""
    names: dict[str, list[str]] = {}
    for node in graph.nodes:
        names.setdefault(group_of(node.role).title, []).append(shortened(node.name, NAME))
    counts = f"{counted(len(graph.nodes), 'variable')}, {counted(len(graph.links), 'connection')}."
    parts = [f"{title}: {', '.join(each)}." for title, each in names.items()]
    return " ".join([counts, *_left_out(graph), *parts])


def _at(plan: Plan, across: float, along: float) -> str:
    x, y = (across, along) if plan.upright else (along, across)
    return f"{number(x)} {number(y)}"


def _sign(begin: float, end: float) -> int:
    return 1 if end > begin else -1
