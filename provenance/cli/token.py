"""`provenance token`: creates, lists and revokes the access tokens of the service."""

from __future__ import annotations

import argparse
import sys
import time

from provenance.cli.output import print_note
from provenance.cli.parser import Commands, Parser, add_store
from provenance.cli.stores import opened, opened_or_created
from provenance.ingest.clock import rfc3339
from provenance.render.as_json import dump
from provenance.service.auth import tokens
from provenance.text.escape import visible


def add(commands: Commands) -> None:
    """Adds the command to the parser."""
    parser: Parser = commands.add_parser(
        "token",
        help="create, list and revoke access tokens of the service",
        description="Create, list and revoke the access tokens that clients of the service send.",
    )
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True, parser_class=Parser)
    create = actions.add_parser(
        "create",
        help="create a token and print it; it cannot be printed again",
        description="Create a token and print it on standard output. It is not stored and cannot be printed again.",
    )
    add_store(create)
    create.add_argument(
        "--scope",
        required=True,
        metavar="SCOPES",
        help="what the token allows: read, ingest, alert, admin; several separated by commas",
    )
    create.add_argument("--name", default="", metavar="TEXT", help="name of the token's user, shown by `token list`")
    create.set_defaults(run=_create)
    list_ = actions.add_parser("list", help="list the tokens with their ids, scopes and names")
    add_store(list_)
    list_.add_argument("--format", choices=("text", "json"), default="text", help="output format; default: text")
    list_.set_defaults(run=_list)
    revoke = actions.add_parser("revoke", help="revoke a token: the service rejects it at once")
    add_store(revoke)
    revoke.add_argument("id", metavar="ID", help="id of the token, as `token list` prints it")
    revoke.set_defaults(run=_revoke)


def _create(options: argparse.Namespace) -> int:
    granted = tokens.scopes(options.scope)
    with opened_or_created(options.store, options.credentials) as store:
        made = tokens.create(store.documents(), granted, options.name, time.time_ns() // 1_000_000)
    sys.stdout.write(made + "\n")
    names = ", ".join(sorted(scope.value for scope in granted))
    print_note(f"scopes: {names}; the token is not stored and cannot be printed again: save it now")
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
        state = "revoked" if token.revoked else "valid"
        sys.stdout.write(f"{token.id}  {rfc3339(token.created)}  {state:<7}  {names}  {visible(token.name)}".rstrip())
        sys.stdout.write("\n")
    return 0


def _revoke(options: argparse.Namespace) -> int:
    with opened(options.store, credentials=options.credentials) as store:
        tokens.revoke(store.documents(), options.id)
    print_note(f"token {options.id} is revoked")
    return 0
