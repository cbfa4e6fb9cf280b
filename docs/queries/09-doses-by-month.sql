-- How many doses were given in each month, by vaccine group, among the included facts?
-- For the epidemiologist, to compare with last month's batch or with another source.
-- A dose of a combination vaccine counts once in each of its groups. Change the two dates: the first is in, the last
-- is not.
SELECT substr(VACCINATION_DATE, 1, 7) AS month, VACCINE_GROUP, count(DISTINCT IMMUNIZATION_ID) AS doses
FROM shared_rows
WHERE VACCINATION_DATE >= '2023-01-01' AND VACCINATION_DATE < '2024-01-01'
GROUP BY 1, 2
ORDER BY 1, 2;
