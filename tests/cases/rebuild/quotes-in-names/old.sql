-- S12: every way of quoting is read, one is written
CREATE TABLE [odd "name] (`a b` INTEGER PRIMARY KEY, 'c''d' TEXT);
INSERT INTO [odd "name] VALUES (1, 'x'), (2, 'y');
