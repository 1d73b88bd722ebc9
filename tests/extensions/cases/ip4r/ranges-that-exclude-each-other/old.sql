-- ip4r: an address widens to both families, ranges may no longer overlap.
-- afterwards: SELECT host::text FROM net WHERE range >>= ip4 '10.1.2.3' => 10.0.0.1
CREATE EXTENSION ip4r;
CREATE TABLE net (id int PRIMARY KEY, host ip4, range ip4r NOT NULL);
CREATE INDEX net_range ON net USING gist (range);
INSERT INTO net VALUES (1, '10.0.0.1', '10.0.0.0/8'), (2, NULL, '192.168.0.0-192.168.0.9');
