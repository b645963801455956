"""Alerts of other products: read into the one form that anchoring understands (bytes in, alerts and rejects out), taken in, and
stored as documents."""
