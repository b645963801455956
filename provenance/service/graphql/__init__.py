"""GraphQL: the language of the investigation UI. `router` is what the service's application includes."""

from provenance.service.graphql.routing import router

__all__ = ["router"]
