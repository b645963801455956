// Roles with the least that `provenance` needs, for the database `neo4j`: replace its name where yours is another one.
// To be run on the database `system` by an administrator of an edition that has roles (Enterprise). Everything in it may be run
// again. Then, for each person or service: GRANT ROLE provenance_reader TO somebody
//
// provenance_reader: find, show, evidence, stats, backtrack, forward, prune --dry-run, copy and bulk-load from the store. Of the
//     service's documents it sees alerts, not tokens nor what is pinned there.
// provenance_writer: ingest, alert, prune, copy into the store, serve and token as well. It may do all that the reader may.
// provenance_schema: in addition, for the first command that writes and after an update that says so: constraints, indexes.

CREATE ROLE provenance_reader IF NOT EXISTS;
GRANT ACCESS ON DATABASE neo4j TO provenance_reader;
GRANT MATCH {*} ON GRAPH neo4j NODES
    Entity, Process, File, Endpoint, Pipe, Session, Path, Command, Host, Checkpoint, Provisional, Note, Blind, Connection,
    Alert, Witness, LineBlock, LineSpan, Case, Schema
    TO provenance_reader;
GRANT MATCH {*} ON GRAPH neo4j FOR (document:Document) WHERE document.kind = 'alert' TO provenance_reader;
GRANT MATCH {*} ON GRAPH neo4j RELATIONSHIPS
    SPAWNED, EXECUTED, LOADED, READ, WROTE, RENAMED, LINKED, DELETED, CHANGED_MODE, CHANGED_OWNER, CONNECTED, RECEIVED,
    ACCEPTED, SENT, PIPED, SIGNALLED, TRACED, INJECTED, REACHED, LOGGED_IN, NAMES, ABOUT, IN
    TO provenance_reader;

CREATE ROLE provenance_writer IF NOT EXISTS;
GRANT ACCESS ON DATABASE neo4j TO provenance_writer;
GRANT MATCH {*} ON GRAPH neo4j NODES
    Entity, Process, File, Endpoint, Pipe, Session, Path, Command, Host, Checkpoint, Provisional, Note, Blind, Connection,
    Alert, Witness, LineBlock, LineSpan, Case, Schema, Lock, Document, Pinned, Needed
    TO provenance_writer;
GRANT MATCH {*} ON GRAPH neo4j RELATIONSHIPS
    SPAWNED, EXECUTED, LOADED, READ, WROTE, RENAMED, LINKED, DELETED, CHANGED_MODE, CHANGED_OWNER, CONNECTED, RECEIVED,
    ACCEPTED, SENT, PIPED, SIGNALLED, TRACED, INJECTED, REACHED, LOGGED_IN, NAMES, ABOUT, IN
    TO provenance_writer;
GRANT CREATE ON GRAPH neo4j NODES
    Entity, Process, File, Endpoint, Pipe, Session, Path, Command, Host, Checkpoint, Provisional, Note, Blind, Connection,
    Alert, Witness, LineBlock, LineSpan, Case, Schema, Lock, Document, Pinned, Needed
    TO provenance_writer;
GRANT DELETE ON GRAPH neo4j NODES
    Entity, Process, File, Endpoint, Pipe, Session, Path, Command, Host, Checkpoint, Provisional, Note, Blind, Connection,
    Alert, Witness, LineBlock, LineSpan, Case, Schema, Lock, Document, Pinned, Needed
    TO provenance_writer;
GRANT SET PROPERTY {*} ON GRAPH neo4j NODES
    Entity, Process, File, Endpoint, Pipe, Session, Path, Command, Host, Checkpoint, Provisional, Note, Blind, Connection,
    Alert, Witness, LineBlock, LineSpan, Case, Schema, Lock, Document, Pinned, Needed
    TO provenance_writer;
GRANT SET LABEL Entity, Process, File, Endpoint, Pipe, Session, Pinned, Needed ON GRAPH neo4j TO provenance_writer;
GRANT REMOVE LABEL Pinned, Needed ON GRAPH neo4j TO provenance_writer;
GRANT CREATE ON GRAPH neo4j RELATIONSHIPS
    SPAWNED, EXECUTED, LOADED, READ, WROTE, RENAMED, LINKED, DELETED, CHANGED_MODE, CHANGED_OWNER, CONNECTED, RECEIVED,
    ACCEPTED, SENT, PIPED, SIGNALLED, TRACED, INJECTED, REACHED, LOGGED_IN, NAMES, ABOUT, IN
    TO provenance_writer;
GRANT DELETE ON GRAPH neo4j RELATIONSHIPS
    SPAWNED, EXECUTED, LOADED, READ, WROTE, RENAMED, LINKED, DELETED, CHANGED_MODE, CHANGED_OWNER, CONNECTED, RECEIVED,
    ACCEPTED, SENT, PIPED, SIGNALLED, TRACED, INJECTED, REACHED, LOGGED_IN, NAMES, ABOUT, IN
    TO provenance_writer;
GRANT SET PROPERTY {*} ON GRAPH neo4j RELATIONSHIPS
    SPAWNED, EXECUTED, LOADED, READ, WROTE, RENAMED, LINKED, DELETED, CHANGED_MODE, CHANGED_OWNER, CONNECTED, RECEIVED,
    ACCEPTED, SENT, PIPED, SIGNALLED, TRACED, INJECTED, REACHED, LOGGED_IN, NAMES, ABOUT, IN
    TO provenance_writer;
GRANT NAME MANAGEMENT ON DATABASE neo4j TO provenance_writer;

CREATE ROLE provenance_schema IF NOT EXISTS;
GRANT CONSTRAINT MANAGEMENT ON DATABASE neo4j TO provenance_schema;
GRANT INDEX MANAGEMENT ON DATABASE neo4j TO provenance_schema;
