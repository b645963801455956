"""A search page: GET /search?q=WORD. Each request asks the database by psql, through the pool of connections on this host."""

from __future__ import annotations

import subprocess
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


class Page(BaseHTTPRequestHandler):
    """Answers a request with what psql prints."""

    def do_GET(self) -> None:
        word = parse_qs(urlsplit(self.path).query)["q"][0]
        command = [
            "/usr/lib/postgresql/15/bin/psql",
            "-X",
            "-A",
            "-t",
            "-h",
            "127.0.0.1",
            "-p",
            "6432",
            "-U",
            "app",
            "shop",
        ]
        found = subprocess.run(
            command, input=f"select name from items where name like '%{word}%';".encode(), capture_output=True
        )
        self.send_response(200)
        self.end_headers()
        self.wfile.write(found.stdout)


ThreadingHTTPServer(("0.0.0.0", 8080), Page).serve_forever()
