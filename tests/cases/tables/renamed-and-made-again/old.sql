-- A renamed table keeps the names of its keys and indexes; a new one of its old name gets others.
-- rename: a=c
CREATE TABLE p (id integer PRIMARY KEY);
CREATE TABLE a (
    id integer PRIMARY KEY,
    x integer,
    p integer,
    CONSTRAINT ux UNIQUE (x),
    CONSTRAINT cx CHECK (x > 0),
    CONSTRAINT fx FOREIGN KEY (p) REFERENCES p (id)
);
CREATE INDEX ix ON a (p, x);
INSERT INTO p VALUES (1);
INSERT INTO a VALUES (1, 5, 1), (2, NULL, NULL);
