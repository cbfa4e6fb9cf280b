-- Which facts would be included under the widest consent reading (active-within-lookback) and under no other?
-- For whoever decides on the reading: these are the records that depend on it.
-- It does not matter which reading the policy has in force. Facts that are duplicates are left aside.
SELECT i.client_id, i.immunfact_id, i.vaccination_date, i.vaccine_group, k.outcome
FROM outcomes k
JOIN immunizations i ON i.line = k.line
WHERE k.active_within_lookback = 1 AND k.active_on_as_of = 0 AND k.active_throughout_lookback = 0
    AND k.outcome NOT IN ('DUPLICATE_ROW', 'DUPLICATE_KEY')
ORDER BY i.client_id, i.vaccination_date, i.immunfact_id;
