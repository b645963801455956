"""Retention of what the service stores beside the graph."""
