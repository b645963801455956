"""`provenance token`: creates, lists and revokes the access tokens of the service."""

from __future__ import annotations

import sys
import time

from provenance.cli.options import Argument, Command, Group, Option, Options, format_option, store_options
from provenance.cli.output import print_note
from provenance.cli.stores import opened, opened_or_created
from provenance.ingest.clock import rfc3339
from provenance.render.as_json import dump
from provenance.render.lines import write_texts
from provenance.service.auth import tokens
from provenance.text.escape import visible


def _create(options: Options) -> int:
    granted = tokens.scopes(options.scope)
    with opened_or_created(options.store, options.credentials) as store:
        made = tokens.create(store.documents(), granted, options.name, time.time_ns() // 1_000_000)
        try:
            sys.stdout.write(made + "\n")
            sys.stdout.flush()
        except OSError:  # nobody has the token
            tokens.revoke(store.documents(), tokens.id_in(made))
            raise
    names = ", ".join(sorted(scope.value for scope in granted))
    print_note(f"scopes: {names}; the token is not stored and cannot be printed again: save it now")
    return 0


def _list(options: Options) -> int:
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
    write_texts(map(_summary, found), sys.stdout)
    return 0


def _summary(token: tokens.Token) -> str:
    names = ",".join(sorted(scope.value for scope in token.scopes))
    state = "revoked" if token.revoked else "valid"
    return f"{token.id}  {rfc3339(token.created)}  {state:<7}  {names}  {visible(token.name)}"


def _revoke(options: Options) -> int:
    with opened(options.store, credentials=options.credentials) as store:
        id = tokens.id_of(store.documents(), options.id.casefold())
        tokens.revoke(store.documents(), id)
    print_note(f"token {id} is revoked")
    return 0


command = Group(
    "token",
    "Create, list and revoke the access tokens with which clients log in to the service (`provenance serve`).",
    [
        Command(
            "create",
            _create,
            "Create a token and print it on standard output. Save it: the store holds only its hash, so it cannot be printed"
            " again.",
            [
                *store_options(),
                Option(
                    "--scope",
                    required=True,
                    metavar="SCOPES",
                    help="what the token allows, separated by commas: read (query the store), alert (send alerts, change"
                    " incidents), ingest (reserved for sending logs), admin (everything)",
                ),
                Option(
                    "--name",
                    default="",
                    metavar="TEXT",
                    help="name of the client that gets the token, for `token list`",
                ),
            ],
            ("provenance token create --scope read,alert --name siem",),
        ),
        Command(
            "list",
            _list,
            "List the tokens with their ids, scopes and names.",
            [*store_options(), format_option()],
            ("provenance token list",),
        ),
        Command(
            "revoke",
            _revoke,
            "Revoke a token. The service rejects it from then on.",
            [
                Argument("id", "ID", "id of the token, as `token list` prints it; the beginning of an id is enough"),
                *store_options(),
            ],
            ("provenance token revoke 0123456789abcdef",),
        ),
    ],
)
