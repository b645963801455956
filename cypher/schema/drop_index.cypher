// Remove an index that a constraint left behind which could not be made, as on a disk that was full.
// Parameters: name.
// Returns: nothing.
DROP INDEX $name IF EXISTS
