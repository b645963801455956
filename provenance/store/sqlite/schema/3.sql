-- Schema 3: an alert has one home, its document. `former_alert` are the alerts as documents (former_alerts.py). What a service
-- has seen has its document already. The index of alerts by hash is made again, over those that came with them.
INSERT INTO document (kind, key, state, rank, version, body)
SELECT kind, key, state, rank, version, body FROM former_alert WHERE true ON CONFLICT DO NOTHING;
DELETE FROM document WHERE kind = 'alert-hash-index';
DROP TABLE alert
