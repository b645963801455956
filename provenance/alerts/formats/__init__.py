"""Every format that is read, by name, in the order in which they are tried."""

from provenance.alerts.formats import own
from provenance.alerts.formats.format import Format

_ALL = (own.FORMAT,)

__all__ = ["FORMATS", "Format"]

FORMATS: dict[str, Format] = {format.name: format for format in _ALL}
