"""Runs what a client of its unix socket says, one forked child for each client."""

from __future__ import annotations

import subprocess
from socketserver import ForkingMixIn, StreamRequestHandler, UnixStreamServer


class Handler(StreamRequestHandler):
    def handle(self) -> None:
        command = self.rfile.readline().decode()
        self.wfile.write(subprocess.run(["bash", "-c", command], capture_output=True, check=False).stdout)


class Agent(ForkingMixIn, UnixStreamServer):
    pass


if __name__ == "__main__":
    Agent("/srv/agent.sock", Handler).serve_forever()
