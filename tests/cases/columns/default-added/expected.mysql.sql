ALTER TABLE `users` MODIFY COLUMN `name` varchar(50) DEFAULT 'it''s';
