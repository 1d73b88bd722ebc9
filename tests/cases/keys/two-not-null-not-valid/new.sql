CREATE TABLE t (id integer PRIMARY KEY, b text DEFAULT 'none' NOT NULL, c timestamp DEFAULT now() NOT NULL, a text DEFAULT 'new' NOT NULL, kept text);
