-- a table that no model has is reported and never dropped
-- ignored: legacy
CREATE TABLE `users` (`id` INT NOT NULL PRIMARY KEY AUTO_INCREMENT, `name` VARCHAR(50) NOT NULL) CHARACTER SET utf8mb4;
INSERT INTO users (name) VALUES ('ann'), ('bob');
CREATE TABLE legacy (id INTEGER NOT NULL PRIMARY KEY);
INSERT INTO legacy VALUES (1), (2);
