// Endpoints by address.
// Parameters: none.
// Returns: nothing.
CREATE INDEX prov_endpoint_ip IF NOT EXISTS FOR (n:Endpoint) ON (n.case, n.ip)
