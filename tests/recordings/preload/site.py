"""A page for technicians: GET /ping?host=NAME looks a name up with a shell."""

from __future__ import annotations

import subprocess
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


class Page(BaseHTTPRequestHandler):
    """Answers a request with what `getent` prints."""

    def do_GET(self) -> None:
        host = parse_qs(urlsplit(self.path).query)["host"][0]
        found = subprocess.run(["sh", "-c", f"getent hosts {host}"], capture_output=True)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(found.stdout)


ThreadingHTTPServer(("0.0.0.0", 8080), Page).serve_forever()
