"""The formats of alerts, by name, in the order in which they are tried."""

from provenance.alerts.formats import (
    cef,
    defender,
    elastic,
    falco,
    leef,
    ocsf,
    ossec,
    own,
    sigma,
    suricata,
    sysmon,
    wazuh,
    zeek,
)
from provenance.alerts.formats.format import Format

__all__ = ["FORMATS", "Format"]

_ALL = (
    falco.FORMAT,
    wazuh.FORMAT,
    ossec.FORMAT,
    elastic.DETECTION,
    elastic.ENDPOINT,
    suricata.FORMAT,
    zeek.FORMAT,
    ocsf.FORMAT,
    defender.FORMAT,
    sigma.ZIRCOLITE,
    sigma.CHAINSAW,
    sysmon.FORMAT,
    cef.KATA,
    cef.FORMAT,
    leef.FORMAT,
    own.FORMAT,
)

FORMATS: dict[str, Format] = {format.name: format for format in _ALL}
"""All formats by name. Our own is tried last, because it is recognised by only two of its three required fields."""
