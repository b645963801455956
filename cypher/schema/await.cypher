// Wait until every index is built, so that the first query can use it.
// Parameters: seconds - the longest wait.
// Returns: nothing.
CALL db.awaitIndexes($seconds)
