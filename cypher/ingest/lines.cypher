// Store blocks of raw lines, and which events of each minute they hold.
// Parameters: case, host, rows - key (digest), first, last, source, kept, block (bytes), spans - [minute, low, high].
// Returns: nothing.
// Index: prov_line_block.
UNWIND $rows AS row
MERGE (block:LineBlock {case: $case, key: row.key})
WITH block, row
WHERE block.host IS NULL
SET block.host = $host, block.first = row.first, block.last = row.last, block.source = row.source,
    block.kept = row.kept, block.block = row.block
WITH block, row
UNWIND row.spans AS span
CREATE (:LineSpan {case: $case, host: $host, minute: span[0], low: span[1], high: span[2]})-[:IN]->(block)
