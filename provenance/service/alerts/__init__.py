"""Alerts in the service: intake, queue, dead letters, the index of their hashes."""
