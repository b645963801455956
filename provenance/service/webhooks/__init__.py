"""Outgoing messages about incidents: their targets and their sending."""
