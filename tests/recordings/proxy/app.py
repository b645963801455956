"""A small application behind gunicorn. The hole: a name goes to a shell."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import unquote_plus


def application(environment: dict[str, Any], start: Callable[[str, list[tuple[str, str]]], Any]) -> Iterable[bytes]:
    answer = b"ok\n"
    if environment["PATH_INFO"] == "/stock":
        command = f"grep -c {unquote_plus(environment['QUERY_STRING'])} /srv/app/stock.csv"
        answer = subprocess.run(["/bin/sh", "-c", command], capture_output=True, check=False).stdout
    start("200 OK", [("Content-Type", "text/plain")])
    return [answer]
