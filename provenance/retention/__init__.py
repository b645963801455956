"""Retention: drops old history from a store, except what an alert or a pin needs."""
