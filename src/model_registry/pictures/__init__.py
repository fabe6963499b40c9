"""Pictures of models and registries, as SVG text: values in, the same bytes out for the same values.

Nothing here reads or writes anything. A picture has classes and no style of its own: a page brings `STYLE`, a file is
made with `standalone=True`. Stored text stays text, of bounded length, and every picture is of bounded size.
"""

from model_registry.pictures.difference import GraphDifference, Mark, graph_difference
from model_registry.pictures.factor_graph import factor_graph
from model_registry.pictures.heat import heat_differences, heat_maps
from model_registry.pictures.plots import bar_plot, line_plot
from model_registry.pictures.style import STYLE
from model_registry.pictures.timeline import timeline

__all__ = [
    "STYLE",
    "GraphDifference",
    "Mark",
    "bar_plot",
    "factor_graph",
    "graph_difference",
    "heat_differences",
    "heat_maps",
    "line_plot",
    "timeline",
]
