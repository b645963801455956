"""The table of output formats of a trace."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TextIO

from provenance.render.as_csv import write_csv
from provenance.render.as_dot import write_dot
from provenance.render.as_graphml import write_graphml
from provenance.render.as_json import write_json
from provenance.render.as_mermaid import write_mermaid
from provenance.render.as_text import write_text
from provenance.trace.result import Trace

FORMATS: Mapping[str, Callable[[Trace, TextIO], None]] = {
    "text": write_text,
    "json": write_json,
    "dot": write_dot,
    "graphml": write_graphml,
    "mermaid": write_mermaid,
    "csv": write_csv,
}
"""The writer of each format, by the format's name. `write_text` also takes a time zone and a store's name."""
