"""A table of other names of hosts: what products call a host (an agent's id, a cloud name) and what its log does.

[hosts]
"i-0a1b2c" = "web01"                # a name or an address in an alert
"007" = "web01"                     # an agent, of whatever source
"wazuh/siem01:008" = "db01"         # an agent of one source
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import replace

from provenance.errors import UsageError
from provenance.store.interface import Alert


def parse_aliases(text: str, file: str) -> dict[str, str]:
    """The table in a file. Raises UsageError that names the file and the place."""
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UsageError(f"{file}: no TOML: {error}") from error
    hosts = document.get("hosts")
    strange = [name for name in document if name != "hosts"]
    if strange or not isinstance(hosts, dict):
        raise UsageError(
            f"{file}: {strange[0] if strange else 'hosts'}: there must be one table, [hosts], and nothing else"
        )
    for name, host in hosts.items():
        if not isinstance(host, str) or not host:
            raise UsageError(f"{file}: hosts.{name}: must be the name of a host")
    return hosts


def resolved(alert: Alert, aliases: Mapping[str, str]) -> Alert:
    """An alert with the host that the table gives for its agent, its host or another of its names, in this order; what it
    was called stays among `hosts`, and all of that as it was said under `said_hosts`. An alert that was resolved with another
    table becomes what it would have been with this one."""
    body = dict(alert.body)
    said = body.pop("said_hosts", [body.pop("host", None), *body.pop("hosts", ())])
    agent = body.get("agent")
    names = [name for name in dict.fromkeys(said) if name is not None]
    asked = [*([f"{alert.source}:{agent}", agent] if agent is not None else []), *names]
    host = next((aliases[name] for name in asked if name in aliases), None)
    if host is None and "said_hosts" not in alert.body:
        return alert
    told, others = (said[0], said[1:]) if host is None else (host, [name for name in names if name != host])
    rest = {name: value for name, value in body.items() if name not in ("host", "hosts")}
    rest |= {"host": told} if told is not None else {}
    rest |= {"hosts": others} if others else {}
    return replace(alert, body=rest if host is None else rest | {"said_hosts": said})
