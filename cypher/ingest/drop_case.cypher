// Remove everything in a case. It opens its own transactions, so it must run outside of one.
// Parameters: case.
// Returns: nothing.
// Full scan: yes, it reads every node of this program.
MATCH (n:Entity|Path|Command|Host|Checkpoint|Provisional|Note|Blind|Connection|Alert|Witness|LineBlock|LineSpan|Document|Case)
WHERE n.case = $case
CALL (n) {
    DETACH DELETE n
} IN TRANSACTIONS OF 1000 ROWS
