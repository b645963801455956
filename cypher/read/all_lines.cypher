// All blocks of raw lines of a host.
// Parameters: case, host.
// Returns: source, kept, block (bytes).
// Index: prov_line_block_host.
MATCH (block:LineBlock {case: $case, host: $host})
WHERE block.first IS NOT NULL
RETURN block.source AS source, block.kept AS kept, block.block AS block
