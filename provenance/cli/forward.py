"""`provenance forward`: from an entity or a flow to everything it reached."""

from provenance.cli.parser import Commands
from provenance.cli.tracing import add_command
from provenance.store.interface import Direction


def add(commands: Commands) -> None:
    """Adds the command."""
    add_command(commands, "forward", Direction.FORWARD, "--since", "to everything it reached, hosts included")
