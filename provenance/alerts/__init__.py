"""Alerts of other products: read into the one form that anchoring understands (bytes in, alerts and rejects out), taken in, and
stored as documents."""

from provenance.alerts.aliases import parse_aliases, resolved
from provenance.alerts.form import alert_id
from provenance.alerts.mapping import parse_mapping
from provenance.alerts.reader import FollowingReader, Reader, reader
from provenance.alerts.reading import Reading, Reject, read

__all__ = [
    "FollowingReader",
    "Reader",
    "Reading",
    "Reject",
    "alert_id",
    "parse_aliases",
    "parse_mapping",
    "read",
    "reader",
    "resolved",
]
