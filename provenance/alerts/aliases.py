"""Host aliases: a table from the names that products use for hosts (agent ids, cloud names) to the host names in logs.

[hosts]
"i-0a1b2c" = "web01"                # a name or an address in an alert
"007" = "web01"                     # the id of an agent, of any source
"wazuh/siem01:008" = "db01"         # the id of an agent of one source
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import replace

from provenance.alerts.alert import Alert
from provenance.alerts.fields import with_hosts
from provenance.errors import UsageError


def parse_aliases(text: str, file: str) -> dict[str, str]:
    """The table in the text of a file. Raises UsageError, which names the file and the place."""
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UsageError(f"{file}: invalid TOML: {error}") from error
    hosts = document.get("hosts")
    unknown = [name for name in document if name != "hosts"]
    if unknown or not isinstance(hosts, dict):
        raise UsageError(f"{file}: {unknown[0] if unknown else 'hosts'}: the file must hold one table, [hosts], only")
    for name, host in hosts.items():
        if not isinstance(host, str) or not host:
            raise UsageError(f"{file}: hosts.{name}: invalid host name: expected a text")
    return hosts


def resolve_host(alert: Alert, aliases: Mapping[str, str]) -> Alert:
    """The alert with its host replaced by the name in the table. Its agent is looked up first, then its host, then its other
    names. The replaced name stays among `hosts`, and `original_hosts` keeps the original names. An alert that was resolved with
    another table is resolved anew from its original names."""
    fields = alert.fields
    original, agent = fields.sent_hosts, fields.agent
    names = [name for name in dict.fromkeys(original) if name is not None]
    keys = [*([f"{alert.source}:{agent}", agent] if agent is not None else []), *names]
    host = next((aliases[key] for key in keys if key in aliases), None)
    if host is not None:
        others = [name for name in names if name != host]
        return replace(alert, body=with_hosts(alert.body, host, others, original))
    if fields.original_hosts is None:
        return alert
    return replace(alert, body=with_hosts(alert.body, original[0], original[1:], None))
