-- S18: triggers die with DROP TABLE and are put back
-- afterwards: SELECT sql LIKE '%BEGIN UPDATE org SET%' FROM sqlite_master WHERE type = 'trigger' => 1
CREATE TABLE org (id INTEGER PRIMARY KEY AUTOINCREMENT, name VARCHAR(20) NOT NULL UNIQUE);
CREATE TABLE item (id INTEGER PRIMARY KEY AUTOINCREMENT, org_id INT NOT NULL REFERENCES org (id) ON DELETE CASCADE, n INT, twice INT GENERATED ALWAYS AS (n * 2) STORED);
CREATE INDEX item_n ON item (n) WHERE n > 1;
CREATE INDEX org_low ON org (lower(name));
CREATE TRIGGER seen AFTER INSERT ON item BEGIN UPDATE org SET name = name || '!' WHERE id = NEW.org_id; END;
INSERT INTO org (name) VALUES ('a'), ('b');
INSERT INTO item (org_id, n) VALUES (1, 5), (1, 6), (2, 7);
