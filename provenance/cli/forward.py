"""`provenance forward`: traces from an alert, a flow or an entity to everything that it reached."""

from provenance.cli.tracing import tracing_command
from provenance.store.interface import Direction

command = tracing_command(
    "forward",
    Direction.FORWARD,
    "Trace an alert, a flow or an entity forward to everything it reached, on all hosts: the programs it started, the files it"
    " changed, the peers it sent to.",
    "--since",
    "trace only what happened from this time on",
    ("provenance forward --file /tmp/shell.sh", "provenance forward --alert 17 --format json"),
)
