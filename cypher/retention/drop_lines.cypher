// Remove blocks of raw lines of a host that end before a moment, except the given ones.
// Parameters: case, host, before, protected - keys (digests) of blocks that are not removed; most - how many at once.
// Returns: removed - how many.
// Index: prov_line_block_host.
MATCH (block:LineBlock {case: $case, host: $host})
WHERE block.first < $before AND block.last < $before AND NOT block.key IN $protected
WITH block LIMIT $most
OPTIONAL MATCH (span:LineSpan)-[:IN]->(block)
WITH block, collect(span) AS spans
FOREACH (span IN spans | DETACH DELETE span)
DELETE block
RETURN count(*) AS removed
