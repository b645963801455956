"""`provenance serve`: runs the HTTP service on a store."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from functools import partial

from provenance.cli.options import FILE, Command, Option, Options, store_options
from provenance.cli.stores import full_address, opened_or_created
from provenance.errors import UsageError


def run(options: Options) -> int:
    """Serves until a signal stops it. The service is imported here, so that other commands start faster."""
    from provenance.service import logs
    from provenance.service import server as serving
    from provenance.service.settings import load
    from provenance.store import open_store

    settings = load(options.config, os.environ)
    given = {name: getattr(options, name) for name in ("bind", "port") if getattr(options, name) is not None}
    settings = replace(settings, **given)
    if not 0 <= settings.port <= 65535:
        raise UsageError(f"invalid port {settings.port}: expected 0 to 65535")
    with opened_or_created(options.store, options.credentials) as store:
        serving.check_bind(store, settings)
        serving.check_writable(store)
        logs.configure(settings.audit_log)
        sys.stderr.flush()
        again = partial(open_store, options.store, create=False, credentials=options.credentials)
        serving.serve(store, settings, again, full_address(options.store))
    return 0


command = Command(
    "serve",
    run,
    "Run the HTTP service on a store: it receives alerts, traces each one, groups them into incidents, and answers REST and"
    " GraphQL requests. Make a token for its clients with `provenance token create`.",
    [
        *store_options(),
        Option("--bind", metavar="ADDRESS", help="address to listen on; default: 127.0.0.1"),
        Option("--port", type=int, metavar="PORT", help="port to listen on; default: 8080"),
        Option(
            "--config",
            type=FILE,
            metavar="FILE",
            help="TOML file with settings of the service; environment variables take precedence over it, and options over both",
        ),
    ],
    ("provenance serve", "provenance serve --bind 127.0.0.1 --port 8081 --config service.toml"),
)
