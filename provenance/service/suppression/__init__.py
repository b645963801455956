"""Suppression: rules, and the alerts that they hide."""
