// Store lists of the runs of events.
// Parameters: case, host, rows - minute, low, high (of the serials in the list), block (bytes).
// Returns: nothing.
// Index: prov_witness is extended.
UNWIND $rows AS row
CREATE (witness:Witness {case: $case, host: $host, minute: row.minute, low: row.low, high: row.high, block: row.block})
