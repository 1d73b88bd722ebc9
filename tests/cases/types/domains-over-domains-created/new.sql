CREATE DOMAIN under AS integer CHECK (VALUE > 0);
CREATE DOMAIN bare AS under;
CREATE DOMAIN again AS bare CHECK (VALUE < 100);
CREATE DOMAIN many AS again[];
ALTER DOMAIN under SET DEFAULT 5;
CREATE DOMAIN same AS under;
CREATE TABLE t (id integer PRIMARY KEY, a again, b same, c many);
