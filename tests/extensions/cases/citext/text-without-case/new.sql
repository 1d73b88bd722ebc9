CREATE EXTENSION citext;
CREATE TABLE account (id int PRIMARY KEY, mail citext NOT NULL, nick citext DEFAULT 'none'::citext);
CREATE UNIQUE INDEX account_mail ON account (mail);
CREATE INDEX account_nick ON account (nick citext_pattern_ops);
