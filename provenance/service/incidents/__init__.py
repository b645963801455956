"""Incidents in the service: their storage as documents, and how alerts and decisions change them."""
