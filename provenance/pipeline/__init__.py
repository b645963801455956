"""The road from log files to a committed graph: sources are read, hosts derived, batches written, connections joined."""

from provenance.pipeline.run import ingest
from provenance.reading.progress import Ingested, Progress, Report

__all__ = ["Ingested", "Progress", "Report", "ingest"]
