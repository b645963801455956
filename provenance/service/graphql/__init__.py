"""The GraphQL API, which the investigation UI uses. The service's application includes `routing.router`; a process that only
traces does not load this package."""
