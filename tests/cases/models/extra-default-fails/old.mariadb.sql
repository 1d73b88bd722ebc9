-- extra_defaults = fail: a default that the model does not declare
-- policy: extra_defaults=fail
CREATE TABLE `users` (`id` INT NOT NULL PRIMARY KEY AUTO_INCREMENT, `name` VARCHAR(50) NOT NULL DEFAULT 'x') CHARACTER SET utf8mb4;
INSERT INTO users (name) VALUES ('ann'), ('bob');
