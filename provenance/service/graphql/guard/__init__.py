"""What surrounds every operation: its cost, its limits, its audit trail."""
