// A block of raw lines.
// Parameters: case, key (digest).
// Returns: source, kept, block (bytes).
// Index: prov_line_block.
MATCH (block:LineBlock {case: $case, key: $key})
RETURN block.source AS source, block.kept AS kept, block.block AS block
