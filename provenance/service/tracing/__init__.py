"""Traces in the service: requests, runs with progress, caches and storage."""
