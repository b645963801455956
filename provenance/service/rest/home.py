"""The page at `/`: says what this server is, whether it is ready, and what to do next. It needs no token, and therefore holds no
data of the store; it loads nothing from other servers."""

from __future__ import annotations

from html import escape

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from provenance.service.service import service_of

router = APIRouter(include_in_schema=False)
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>provenance</title>
<style>body {{ max-width: 44em; margin: 2em auto; padding: 0 1em; font: 1rem/1.5 sans-serif }}
code {{ background: #8882; padding: 0 .2em }}</style>
<h1>provenance {version}</h1>
<p>This server receives alerts, traces each one to the way in and forward from there, and answers REST and GraphQL.
It is <strong>{state}</strong> (<a href="{root}/readyz">/readyz</a>, for machines).</p>
<h2>What to do</h2>
<ol>
<li>Create a token on the server: <code>provenance token create --store STORE --scope read,alert</code>. Every request for
data needs it, as <code>Authorization: Bearer TOKEN</code>.</li>
<li>Send an alert: <code>POST {root}/alerts</code>; its story is at <code>GET {root}/alerts/ID/story</code>.</li>
<li>Query the graph: <code>POST {root}/graphql</code>. {console}</li>
</ol>
<h2>Documentation</h2>
<p><a href="{root}/openapi.json">/openapi.json</a> describes the REST routes. The pages <code>docs/service.md</code>,
<code>docs/graphql.md</code> and <code>docs/deployment.md</code> of the source distribution describe the service.
<code>provenance serve --help</code> lists its options.</p>
</html>
"""


@router.api_route("/", methods=["GET", "HEAD"])
def home(request: Request) -> HTMLResponse:
    """The page. `root` is the path under which a reverse proxy offers the service."""
    service = service_of(request)
    root = escape(request.scope.get("root_path", "").rstrip("/"))
    if service.settings.graphql.graphiql:
        console = f'The <a href="{root}/graphql">GraphQL console</a> is a page for trying operations.'
    else:
        console = (
            "The GraphQL console is off: the setting <code>graphiql = true</code> of <code>[graphql]</code> enables it."
        )
    state = "warming the store up" if service.cold.is_set() else "ready"
    page = _PAGE.format(version=escape(_version()), state=state, root=root, console=console)
    return HTMLResponse(page, headers=_HEADERS)


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("provenance-graph")
    except PackageNotFoundError:
        return ""
