-- T24 T25: a default of an old Tortoise is reported and no drift
-- ignored: users
CREATE TABLE `users` (`id` INT NOT NULL PRIMARY KEY AUTO_INCREMENT, `name` VARCHAR(50) NOT NULL DEFAULT 'x') CHARACTER SET utf8mb4;
INSERT INTO users (name) VALUES ('ann'), ('bob');
