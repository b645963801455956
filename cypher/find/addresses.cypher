// All distinct addresses of endpoints of a case.
// Parameters: case.
// Returns: ip.
// Index: prov_endpoint_ip.
MATCH (entity:Endpoint {case: $case})
WHERE entity.ip IS NOT NULL
RETURN DISTINCT entity.ip AS ip
