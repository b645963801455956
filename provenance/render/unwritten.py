"""What a story says of a file that no record shows written, and the command that it proposes."""

from __future__ import annotations

import shlex

from provenance.ingest.clock import ms_of, rfc3339
from provenance.ingest.identity import format_id
from provenance.render.ways import node_spans
from provenance.text.counts import counted
from provenance.text.times import Zone
from provenance.trace.limits.unwritten import Unwritten


def unwritten_text(file: Unwritten, zone: Zone) -> str:
    """Why the trace of a file is empty, and who read it."""
    changed = "" if file.changed is None else f" before that time (the first change is at {zone.stamp(file.changed)})"
    nothing = f"no record shows who wrote it{changed}"
    if file.read is None or file.reader is None:
        return f"{nothing}, or that a program read it"
    reader = "".join(span.text for span in node_spans(file.reader, file.read.first))
    at_least = "at least " if file.is_more else ""
    number = f"{at_least}{counted(file.readers, 'program')} read it"
    which = f"{reader} at {zone.stamp(file.read.first)}"
    return f"{nothing}; {number}: {which}" if file.readers == 1 else f"{nothing}; {number}, among them {which}"


def unwritten_command(file: Unwritten, store: str | None) -> str | None:
    """The command that traces back from the read, else from the first change; None if the file has neither."""
    if file.read is not None and file.reader is not None:
        node, moment = file.reader, file.read.first
    elif file.changed is not None:
        node, moment = file.node, file.changed
    else:
        return None
    where = ["--store", store] if store else []
    id = format_id(node.kind, node.id)
    return shlex.join(["provenance", "backtrack", *where, "--id", id, "--at", rfc3339(ms_of(moment))])
