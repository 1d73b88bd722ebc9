-- MySQL has one name of a foreign key for a whole database, so a table whose name is wanted goes at once, before those that refer to it.
CREATE TABLE countries (id int NOT NULL PRIMARY KEY);
CREATE TABLE cities (id int NOT NULL PRIMARY KEY, country_id int, CONSTRAINT place FOREIGN KEY (country_id) REFERENCES countries (id));
CREATE TABLE streets (id int NOT NULL PRIMARY KEY, city_id int, CONSTRAINT street_city FOREIGN KEY (city_id) REFERENCES cities (id));
CREATE TABLE people (id int NOT NULL PRIMARY KEY, city_id int, CONSTRAINT person_city FOREIGN KEY (city_id) REFERENCES cities (id));
INSERT INTO countries VALUES (1);
INSERT INTO cities VALUES (1, 1);
INSERT INTO streets VALUES (1, 1);
INSERT INTO people VALUES (1, 1);
