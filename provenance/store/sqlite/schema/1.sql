-- Schema 1.
-- Text that an attacker chose is kept as bytes (UTF-8 with surrogates passed through): any Python text survives, and
-- comparison is by byte. JSON is ASCII, surrogates escaped.

CREATE TABLE host (
    key INTEGER PRIMARY KEY,
    name BLOB NOT NULL UNIQUE,
    first INTEGER,                        -- moments
    last INTEGER,
    addresses TEXT NOT NULL DEFAULT '[]', -- JSON
    skew_ms INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE checkpoint (host INTEGER PRIMARY KEY, state BLOB NOT NULL);

CREATE TABLE tally (host INTEGER, name BLOB, amount INTEGER NOT NULL, PRIMARY KEY (host, name)) WITHOUT ROWID;

-- How many described nodes (what = 'node') and runs (what = 'flow') of each kind there are.
CREATE TABLE total (what TEXT, kind INTEGER, amount INTEGER NOT NULL, PRIMARY KEY (what, kind)) WITHOUT ROWID;

-- Ids are random; keys follow the order of arrival, so that what happened together lies together.
CREATE TABLE node (key INTEGER PRIMARY KEY, id INTEGER NOT NULL UNIQUE);

-- What is known of a node. A node that only flows have named so far has no row here.
CREATE TABLE entity (
    key INTEGER PRIMARY KEY,
    kind INTEGER NOT NULL,
    host INTEGER NOT NULL,
    first INTEGER NOT NULL,
    pid INTEGER,
    program INTEGER,
    path INTEGER,
    ip BLOB,
    port INTEGER,
    attributes TEXT                       -- JSON: all that has no column
);
CREATE INDEX entity_host ON entity (host, kind, first);
CREATE INDEX entity_pid ON entity (pid) WHERE pid IS NOT NULL;
CREATE INDEX entity_program ON entity (program) WHERE program IS NOT NULL;
CREATE INDEX entity_address ON entity (ip, port) WHERE ip IS NOT NULL;
CREATE INDEX entity_port ON entity (port) WHERE port IS NOT NULL;

-- Attributes that many processes share, once: the command line above all, so that searching reads each text once.
CREATE TABLE program (
    key INTEGER PRIMARY KEY,
    digest INTEGER NOT NULL UNIQUE,
    command BLOB,
    attributes TEXT NOT NULL              -- JSON; "argv": null stands for the command split at spaces
);

CREATE TABLE path (key INTEGER PRIMARY KEY, text BLOB NOT NULL UNIQUE);

CREATE TABLE name (
    file INTEGER, path INTEGER, first INTEGER NOT NULL, last INTEGER NOT NULL, PRIMARY KEY (file, path)
) WITHOUT ROWID;
CREATE INDEX name_path ON name (path);

-- Clustered for the backward step; flow_source is for the forward step.
CREATE TABLE flow (
    target INTEGER,
    first INTEGER,
    source INTEGER,
    kind INTEGER,
    last INTEGER NOT NULL,
    times INTEGER NOT NULL,
    evidence BLOB NOT NULL,               -- 12 bytes an event: ms, serial (big-endian)
    open INTEGER,                         -- the host whose log ended with this channel open, NULL when settled
    detail TEXT,                          -- JSON
    PRIMARY KEY (target, first, source, kind)
) WITHOUT ROWID;
CREATE INDEX flow_source ON flow (source, last);
CREATE INDEX flow_open ON flow (open) WHERE open IS NOT NULL;
CREATE INDEX flow_reached ON flow (target) WHERE kind = 19;
CREATE INDEX flow_reached_by ON flow (source) WHERE kind = 19;

-- Settled runs that a provisional one was laid over; they come back when provisional flows are dropped.
CREATE TABLE overlaid (
    target INTEGER, first INTEGER, source INTEGER, kind INTEGER,
    last INTEGER NOT NULL, times INTEGER NOT NULL, evidence BLOB NOT NULL, host INTEGER NOT NULL, detail TEXT,
    PRIMARY KEY (target, first, source, kind)
) WITHOUT ROWID;
CREATE INDEX overlaid_host ON overlaid (host);

-- Which runs an event stands behind: compressed lists, found by the event's minute (ms >> 16) and serial.
CREATE TABLE witness (
    key INTEGER PRIMARY KEY, host INTEGER, minute INTEGER, low INTEGER, high INTEGER, block BLOB NOT NULL
);
CREATE INDEX witness_span ON witness (host, minute, low, high);

-- Raw lines: compressed blocks of consecutive events, found in the same way.
CREATE TABLE line_block (
    key INTEGER PRIMARY KEY,
    host INTEGER NOT NULL,
    first INTEGER NOT NULL,               -- moments of the first and the last event
    last INTEGER NOT NULL,
    source BLOB NOT NULL,
    kept INTEGER NOT NULL,                -- 1: holds the lines; 0: holds digests of lines that stay in their source
    digest INTEGER NOT NULL,
    block BLOB NOT NULL,
    UNIQUE (host, first, digest)
);
CREATE TABLE line_span (
    host INTEGER, minute INTEGER, low INTEGER, high INTEGER, block INTEGER, PRIMARY KEY (host, minute, low, high, block)
) WITHOUT ROWID;

CREATE TABLE connection (
    host INTEGER, first INTEGER, process INTEGER, endpoint INTEGER, inbound INTEGER, protocol BLOB,
    remote_ip BLOB, remote_port INTEGER,
    local_ip BLOB, local_port INTEGER,    -- empty and -1 where no record says
    last INTEGER NOT NULL,
    PRIMARY KEY (host, first, process, endpoint, inbound, protocol, remote_ip, remote_port, local_ip, local_port)
) WITHOUT ROWID;

CREATE TABLE note (
    host INTEGER, moment INTEGER, serial INTEGER, ms INTEGER, type BLOB,
    subject INTEGER,                      -- a node's key, 0 for none
    text BLOB,
    PRIMARY KEY (host, moment, serial, ms, type, subject, text)
) WITHOUT ROWID;
CREATE INDEX note_subject ON note (subject, moment) WHERE subject <> 0;

CREATE TABLE blind (
    host INTEGER, first INTEGER, why BLOB, last INTEGER NOT NULL, PRIMARY KEY (host, first, why)
) WITHOUT ROWID;

CREATE TABLE alert (
    id BLOB PRIMARY KEY, source BLOB NOT NULL, external_id BLOB NOT NULL, title BLOB NOT NULL, body TEXT NOT NULL
) WITHOUT ROWID;
