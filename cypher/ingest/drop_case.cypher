// Remove everything of a case, in transactions of its own: to be run outside of one.
// Parameters: case.
// Returns: nothing.
// Whole: yes, every node of ours is looked at.
MATCH (n:Entity|Path|Command|Host|Checkpoint|Provisional|Note|Blind|Connection|Alert|Witness|LineBlock|LineSpan|Document|Case)
WHERE n.case = $case
CALL (n) {
    DETACH DELETE n
} IN TRANSACTIONS OF 1000 ROWS
