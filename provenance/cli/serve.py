"""`provenance serve`: the service on a store."""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

from provenance.cli.parser import Commands, add_store
from provenance.cli.stores import prepared
from provenance.errors import UsageError


def add(commands: Commands) -> None:
    """Adds the command."""
    parser = commands.add_parser("serve", help="take alerts over HTTP and trace them back; answer questions")
    add_store(parser)
    parser.add_argument("--bind", metavar="ADDRESS", help="address to listen on; default: 127.0.0.1")
    parser.add_argument("--port", type=int, metavar="PORT", help="port to listen on; default: 8080")
    parser.add_argument("--config", type=Path, metavar="FILE", help="settings in TOML; the environment wins over it")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Serves until it is told to stop. What it is made of is only loaded for this command."""
    from provenance.service import logs
    from provenance.service import server as serving
    from provenance.service.settings import load
    from provenance.store import open_store

    settings = load(options.config, os.environ)
    given = {name: getattr(options, name) for name in ("bind", "port") if getattr(options, name) is not None}
    settings = replace(settings, **given)
    if not 0 <= settings.port <= 65535:
        raise UsageError(f"--port: there is no port {settings.port}")
    with prepared(options.store, options.credentials) as store:
        serving.check_bind(store, settings)
        logs.configure(settings.audit_log)
        sys.stderr.flush()
        serving.serve(
            store, settings, partial(open_store, options.store, create=False, credentials=options.credentials)
        )
    return 0
