"""The application of a shop: asks redis for a price, over a connection of its own, every half second."""

from __future__ import annotations

import socket
import sys
import time

while True:
    with socket.create_connection((sys.argv[1], 6379)) as connection:
        connection.sendall(b"GET price\r\n")
        connection.recv(4096)
    time.sleep(0.5)
