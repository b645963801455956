"""`provenance backtrack`: traces an alert, a flow or an entity back to the way in."""

from provenance.cli.tracing import tracing_command
from provenance.store.interface import Direction

command = tracing_command(
    "backtrack",
    Direction.BACKWARD,
    "Trace an alert, a flow or an entity back to where the attackers came in. Prints the probable ways in, best first, the chain"
    " of steps from the way in to the start of the trace, and where the log has gaps.",
    "--at",
    "trace only what happened up to this time",
    (
        "provenance backtrack --command '^bash -i$' --remote 198.51.100.45:4444",
        "provenance backtrack --file /tmp/3333 --at 2026-11-24T03:29:30Z",
    ),
)
