// The blocks that may hold raw lines of events.
// Parameters: case, host, events - minute, serial.
// Returns: key (digest).
// Index: prov_line_span.
UNWIND $events AS event
MATCH (span:LineSpan {case: $case, host: $host, minute: event.minute})
WHERE span.low <= event.serial AND span.high >= event.serial
WITH DISTINCT span
MATCH (span)-[:IN]->(block:LineBlock)
RETURN DISTINCT block.key AS key
