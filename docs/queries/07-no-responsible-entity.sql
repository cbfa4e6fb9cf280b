-- Which organizations have no responsible entity, and how many facts does that keep out?
-- For whoever keeps the list of organizations. ORG_ID NULL stands for facts without any organization.
-- Facts that an earlier rule keeps out anyway are counted among all facts only.
SELECT i.given_by_org_id AS org_id, o.provider_name,
    sum(k.outcome = 'NO_RESPONSIBLE_ENTITY') AS left_out_for_it, count(*) AS all_facts
FROM outcomes k
JOIN immunizations i ON i.line = k.line
LEFT JOIN organizations o ON o.org_id = i.given_by_org_id
WHERE o.responsible_entity IS NULL
GROUP BY i.given_by_org_id, o.provider_name
ORDER BY left_out_for_it DESC, org_id;
