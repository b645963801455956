"""One fleet out of many hosts: which connections are the same, whose address is whose, whose clock is off by what."""

from __future__ import annotations

from provenance.fleet.joining import Joined, join
from provenance.fleet.zeek import ZeekConn, parse_conn_log

__all__ = ["Joined", "ZeekConn", "join", "parse_conn_log"]
