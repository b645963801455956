// Wait until every index is built, so that the first question is answered by it.
// Parameters: seconds - how long at most.
// Returns: nothing.
CALL db.awaitIndexes($seconds)
