"""`provenance backtrack`: from an alert, a flow or an entity to the way in."""

from provenance.cli.parser import Commands
from provenance.cli.tracing import add_command
from provenance.store.interface import Direction


def add(commands: Commands) -> None:
    """Adds the command."""
    add_command(commands, "backtrack", Direction.BACKWARD, "--at", "from an alert, a flow or an entity to the way in")
