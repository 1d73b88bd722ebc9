-- citext: a text becomes one without case, and its unique index with it.
-- afterwards: SELECT count(*) FROM account WHERE mail = 'ANN@X.ORG' => 1
CREATE EXTENSION citext;
CREATE TABLE account (id int PRIMARY KEY, mail text NOT NULL, nick citext);
CREATE UNIQUE INDEX account_mail ON account (mail);
INSERT INTO account VALUES (1, 'Ann@x.org', 'Ann'), (2, 'bob@x.org', NULL);
