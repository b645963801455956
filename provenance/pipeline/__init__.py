"""The road from log files to a committed graph: sources are read, hosts derived, batches written, connections joined."""

from provenance.pipeline.progress import Ingested, Progress, Report
from provenance.pipeline.run import ingest

__all__ = ["Ingested", "Progress", "Report", "ingest"]
