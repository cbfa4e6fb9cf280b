-- Whose disaster consent is withdrawn, since when, and how many facts does that keep out?
-- For the consent desk, to compare with the paper forms.
-- A client who consented anew after the withdrawal is not listed. A withdrawal gives the same verdict under all three
-- consent readings, so one column is enough.
SELECT d.client_id, c.client_type,
    (SELECT max(s.end_date) FROM consents s
        WHERE s.client_id = d.client_id AND s.consent_type = 'DISASTER' AND s.end_reason = 'WITHDRAWN'
        AND s.end_date <= (SELECT as_of FROM filter_run)) AS withdrawn_on,
    (SELECT count(*) FROM immunizations i JOIN outcomes k ON k.line = i.line
        WHERE i.client_id = d.client_id AND k.outcome = 'DISASTER_CONSENT_WITHDRAWN') AS facts_left_out
FROM consent_verdicts d
JOIN clients c ON c.client_id = d.client_id
WHERE d.consent_type = 'DISASTER' AND d.active_within_lookback = 'WITHDRAWN'
ORDER BY d.client_id;
