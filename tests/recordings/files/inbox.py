"""Takes files by PUT into a folder, one forked child for each request; a file gets its name when it is whole."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ForkingTCPServer


class Handler(BaseHTTPRequestHandler):
    def do_PUT(self) -> None:
        target = Path("/srv/inbox") / Path(self.path).name
        part = target.with_name(f".{target.name}.part")
        part.write_bytes(self.rfile.read(int(self.headers["Content-Length"])))
        part.rename(target)
        self.send_response(201)
        self.end_headers()

    def address_string(self) -> str:
        return str(self.client_address[0])


if __name__ == "__main__":
    ForkingTCPServer.allow_reuse_address = True
    ForkingTCPServer(("", 8080), Handler).serve_forever()
