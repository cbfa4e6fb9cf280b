-- Which facts of one clinic are left out, and how many under each code?
-- For the analyst, when a clinic says that its records are missing.
-- Change 44 to the clinic's ORG_ID. Rows that could not be used are not among them: which clinic they name is not kept.
SELECT k.outcome, count(*) AS facts, min(i.vaccination_date) AS first_day, max(i.vaccination_date) AS last_day
FROM outcomes k
JOIN immunizations i ON i.line = k.line
WHERE i.given_by_org_id = 44 AND k.outcome <> 'INCLUDED'
GROUP BY k.outcome
ORDER BY facts DESC, k.outcome;
