"""Incidents in the service: how alerts change them, stored as documents."""
