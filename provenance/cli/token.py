"""`provenance token`: who may ask the service."""

from __future__ import annotations

import argparse
import sys
import time

from provenance.cli.output import remark
from provenance.cli.parser import Commands, Parser, add_store
from provenance.cli.stores import opened, prepared
from provenance.ingest.clock import rfc3339
from provenance.render.as_json import dump
from provenance.service.auth import tokens
from provenance.text.escape import visible


def add(commands: Commands) -> None:
    """Adds the command."""
    parser: Parser = commands.add_parser("token", help="make, list and revoke the service's tokens")
    acts = parser.add_subparsers(title="what to do", metavar="WHAT", required=True, parser_class=Parser)
    create = acts.add_parser("create", help="make a token and print it, this once")
    add_store(create)
    create.add_argument(
        "--scope", required=True, metavar="SCOPES", help="read, ingest, alert, admin; several with commas between"
    )
    create.add_argument("--name", default="", metavar="TEXT", help="whose it is, for the list")
    create.set_defaults(run=_create)
    list_ = acts.add_parser("list", help="which tokens there are")
    add_store(list_)
    list_.add_argument("--format", choices=("text", "json"), default="text", help="what to print; default: text")
    list_.set_defaults(run=_list)
    revoke = acts.add_parser("revoke", help="make a token useless at once")
    add_store(revoke)
    revoke.add_argument("id", metavar="ID", help="its id, as listed")
    revoke.set_defaults(run=_revoke)


def _create(options: argparse.Namespace) -> int:
    granted = tokens.scopes(options.scope)
    with prepared(options.store, options.credentials) as store:
        made = tokens.create(store.documents(), granted, options.name, time.time_ns() // 1_000_000)
    sys.stdout.write(made + "\n")
    remark(f"scopes: {', '.join(sorted(scope.value for scope in granted))}; it is not kept anywhere: note it now")
    return 0


def _list(options: argparse.Namespace) -> int:
    with opened(options.store, credentials=options.credentials) as store:
        found = list(tokens.tokens(store.documents()))
    if options.format == "json":
        rows = [
            {
                "id": token.id,
                "name": token.name,
                "scopes": sorted(scope.value for scope in token.scopes),
                "created": rfc3339(token.created),
                "revoked": token.revoked,
            }
            for token in found
        ]
        dump({"format": "provenance-tokens/1", "tokens": rows}, sys.stdout)
        return 0
    for token in found:
        names = ",".join(sorted(scope.value for scope in token.scopes))
        state = "revoked" if token.revoked else "good"
        sys.stdout.write(f"{token.id}  {rfc3339(token.created)}  {state:<7}  {names}  {visible(token.name)}".rstrip())
        sys.stdout.write("\n")
    return 0


def _revoke(options: argparse.Namespace) -> int:
    with opened(options.store, credentials=options.credentials) as store:
        tokens.revoke(store.documents(), options.id)
    remark(f"token {options.id} is good for nothing any more")
    return 0
