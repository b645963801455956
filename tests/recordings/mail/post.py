"""Sends a mail to mx01: post.py SOURCE TO SUBJECT."""

from __future__ import annotations

import smtplib
import sys

source, to, subject = sys.argv[1:]
with smtplib.SMTP("10.88.0.10", 25, local_hostname="client.example", source_address=(source, 0)) as server:
    text = f"From: someone@client.example\r\nTo: {to}@shop.example\r\nSubject: {subject}\r\n\r\nHello.\r\n"
    server.sendmail("someone@client.example", [f"{to}@shop.example"], text)
