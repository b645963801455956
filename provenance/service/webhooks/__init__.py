"""Outgoing messages about incidents: targets, deliveries, sending."""
