-- Which vaccines (CVX codes) are left out most often, and for which reason?
-- For the analyst, to see whether a whole product falls to one rule. CVX_CODE NULL is a product without a code.
-- Change 15 to see more lines.
WITH counted AS (
    SELECT v.cvx_code, k.outcome AS reason, count(*) AS facts, sum(count(*)) OVER (PARTITION BY v.cvx_code) AS of_all
    FROM outcomes k
    JOIN immunizations i ON i.line = k.line
    JOIN vaccines v ON v.vaccine_id = i.vaccine_id
    GROUP BY v.cvx_code, k.outcome
)
SELECT cvx_code, reason, facts, of_all
FROM counted
WHERE reason NOT IN ('INCLUDED', 'DUPLICATE_ROW', 'DUPLICATE_KEY')
ORDER BY facts DESC, cvx_code, reason
LIMIT 15;
