CREATE TABLE p (id integer PRIMARY KEY);
CREATE TABLE c (
    id integer PRIMARY KEY,
    x integer,
    p integer,
    CONSTRAINT uc UNIQUE (x),
    CONSTRAINT cc CHECK (x > 0),
    CONSTRAINT fc FOREIGN KEY (p) REFERENCES p (id)
);
CREATE INDEX ic ON c (p, x);
CREATE TABLE a (
    id integer PRIMARY KEY,
    x integer,
    p integer,
    CONSTRAINT ux UNIQUE (x),
    CONSTRAINT cx CHECK (x > 0),
    CONSTRAINT fx FOREIGN KEY (p) REFERENCES p (id)
);
CREATE INDEX ix ON a (p, x);
