-- T13: unique=True on a column that was plain
CREATE TABLE `users` (`id` INT NOT NULL PRIMARY KEY AUTO_INCREMENT, `name` VARCHAR(50) NOT NULL) CHARACTER SET utf8mb4;
INSERT INTO users (name) VALUES ('ann'), ('bob');
