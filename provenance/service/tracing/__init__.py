"""Traces that are watched, stopped, cached and stored."""
