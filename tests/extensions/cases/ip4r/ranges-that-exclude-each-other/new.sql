CREATE EXTENSION ip4r;
CREATE TABLE net (id int PRIMARY KEY, host ipaddress, range ip4r NOT NULL, CONSTRAINT apart EXCLUDE USING gist (range WITH &&));
