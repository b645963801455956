"""GraphQL: the language of the investigation UI. `routing.router` is what the service's application includes; whoever only
traces loads none of it."""
