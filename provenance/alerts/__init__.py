"""Readers of the alerts of other products. Pure: bytes go in; alerts in one form, and rejected parts, come out."""

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
