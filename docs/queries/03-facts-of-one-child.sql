-- What became of every fact of one child, the unusable rows too?
-- For the analyst, when a department or a parent asks about one record.
-- Change both 984 to the child's CLIENT_ID. Rows whose CLIENT_ID could not be read are in no such list.
SELECT i.line, i.immunfact_id, i.vaccination_date, i.vaccine_group, k.outcome
FROM immunizations i
JOIN outcomes k ON k.line = i.line
WHERE i.client_id = 984
UNION ALL
SELECT q.line, q.id, NULL, NULL, q.code
FROM quarantine q
WHERE q.client_id = 984 AND q.table_name = 'immunizations' AND q.stage = 'read'
ORDER BY 1;
