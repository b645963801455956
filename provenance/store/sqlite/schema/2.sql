-- Schema 2: documents of the service. `body` is JSON in a Zstandard frame; it comes last, so that lists and counts read
-- no bodies to skip them.
CREATE TABLE document (
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    state TEXT NOT NULL,
    rank INTEGER NOT NULL,
    version INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (kind, key)
);
CREATE INDEX document_rank ON document (kind, rank, key);
CREATE INDEX document_state ON document (kind, state, rank, key);
