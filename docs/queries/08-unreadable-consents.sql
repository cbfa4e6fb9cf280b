-- Which clients have a consent row that could not be read, where does it stand, and how many facts does that keep out?
-- For whoever mends the export: until the row is mended, nothing of such a client is shared.
SELECT q.client_id, q.file, q.line, q.column_name, q.code,
    (SELECT count(*) FROM immunizations i JOIN outcomes k ON k.line = i.line
        WHERE i.client_id = q.client_id AND k.outcome = 'CONSENT_UNREADABLE') AS facts_left_out
FROM quarantine q
WHERE q.table_name = 'consents'
ORDER BY facts_left_out DESC, q.line;
