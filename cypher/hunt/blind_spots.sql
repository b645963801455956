-- The hunt blind_spots.cypher for the embedded store; the views are in provenance/store/sqlite/hunts.py.
SELECT blind.host, blind.first, blind.last, blind.why FROM blinds AS blind
