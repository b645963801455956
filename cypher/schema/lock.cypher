// Take the lock of a name for as long as the transaction is open.
// Parameters: name.
// Returns: nothing; waits while another transaction holds it.
// Index: prov_lock.
MERGE (lock:Lock {name: $name})
SET lock.held = true
