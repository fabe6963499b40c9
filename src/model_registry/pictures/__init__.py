"""Pictures of models and registries, as SVG text: values in, the same bytes out for the same values.

Nothing here reads or writes anything. A picture has classes and no style of its own: a page brings `STYLE`, a file is
made with `standalone=True`. Stored text stays text, of bounded length, and every picture is of bounded size.
"""

from model_registry.pictures.difference import GraphDifference, Mark, graph_difference
from model_registry.pictures.factor_graph import factor_graph
from model_registry.pictures.style import STYLE

__all__ = ["STYLE", "GraphDifference", "Mark", "factor_graph", "graph_difference"]
