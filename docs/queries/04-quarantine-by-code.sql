-- Which rows could not be used: how many by table, code and column, and where is the first?
-- For whoever makes the export, to have the commonest fault mended first.
SELECT q.table_name, q.code, q.column_name, count(*) AS quarantined, q.file, min(q.line) AS first_line
FROM quarantine q
GROUP BY q.table_name, q.code, q.column_name, q.file
ORDER BY quarantined DESC, q.table_name, q.code, q.column_name;
