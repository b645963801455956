"""Alerts and incidents in the schema."""
