// Remove the index of a constraint that could not be created, for example on a full disk.
// Parameters: name.
// Returns: nothing.
DROP INDEX $name IF EXISTS
