ALTER TABLE `users` ADD COLUMN `note` varchar(20) NOT NULL DEFAULT 'it''s';
