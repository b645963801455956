"""A trace in a notebook: as pandas tables, as a networkx graph, or as a py2neo subgraph. Needs the extra `notebook`.

from provenance import notebook
notebook.edges(trace), notebook.nodes(trace), notebook.network(trace), notebook.subgraph(trace)
"""

from provenance.notebook.networks import network
from provenance.notebook.subgraphs import subgraph
from provenance.notebook.tables import edges, nodes

__all__ = ["edges", "network", "nodes", "subgraph"]
