-- How many facts of each responsible entity are included, and how many are left out under which code?
-- For the analyst, before a department is told what to expect.
-- Entities stand as the organizations' rows spell them. The program takes spellings that differ only in case or in
-- white space for one; add up their lines. NULL is no entity.
SELECT o.responsible_entity, k.outcome, count(*) AS facts
FROM outcomes k
JOIN immunizations i ON i.line = k.line
LEFT JOIN organizations o ON o.org_id = i.given_by_org_id
GROUP BY o.responsible_entity, k.outcome
ORDER BY o.responsible_entity, k.outcome <> 'INCLUDED', facts DESC, k.outcome;
