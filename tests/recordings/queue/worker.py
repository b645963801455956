"""Takes jobs off the list in redis and packs what they name. The hole: the name goes to a shell."""

from __future__ import annotations

import socket
import subprocess

connection = socket.create_connection(("127.0.0.1", 6379))
lines = connection.makefile("rb")
while True:
    connection.sendall(b"*3\r\n$5\r\nBRPOP\r\n$4\r\njobs\r\n$1\r\n0\r\n")
    name = [lines.readline() for _ in range(5)][-1].strip().decode()
    subprocess.run(
        ["/bin/sh", "-c", f"gzip -c /srv/shop/up/{name} > /srv/shop/out/{name.split(';')[0]}.gz"], check=False
    )
