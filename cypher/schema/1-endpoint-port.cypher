// Endpoints by port.
// Parameters: none.
// Returns: nothing.
CREATE INDEX prov_endpoint_port IF NOT EXISTS FOR (n:Endpoint) ON (n.case, n.port)
