"""Alerts in the service: intake, queue and triage."""
