CREATE TABLE countries (id int NOT NULL PRIMARY KEY);
CREATE TABLE people (id int NOT NULL PRIMARY KEY, city_id int, country_id int, KEY person_city (city_id), CONSTRAINT place FOREIGN KEY (country_id) REFERENCES countries (id));
