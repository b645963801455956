"""A small web service with a hole: it runs what stands behind /run/, one process, a thread for each request."""

from __future__ import annotations

import subprocess
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        answer = b"welcome\n"
        if self.path.startswith("/run/"):
            answer = subprocess.run(["/bin/sh", "-c", unquote(self.path[5:])], capture_output=True, check=False).stdout
        self.send_response(200)
        self.end_headers()
        self.wfile.write(answer)

    def address_string(self) -> str:
        return str(self.client_address[0])


if __name__ == "__main__":
    ThreadingHTTPServer(("", 8080), Handler).serve_forever()
