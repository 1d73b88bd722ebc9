-- P55: a key and a foreign key over periods, which rows that overlap or stick out refuse
CREATE TABLE booked (room int4range NOT NULL, during daterange NOT NULL);
CREATE TABLE used (room int4range, during daterange);
INSERT INTO booked VALUES ('[1,2)', '[2026-01-01,2026-01-05)'), ('[1,2)', '[2026-01-05,2026-01-09)');
INSERT INTO used VALUES ('[1,2)', '[2026-01-02,2026-01-08)');
-- refused with: INSERT INTO booked VALUES ('[1,2)', '[2026-01-04,2026-01-06)')
-- refused with: INSERT INTO used VALUES ('[1,2)', '[2026-01-08,2026-01-10)')
