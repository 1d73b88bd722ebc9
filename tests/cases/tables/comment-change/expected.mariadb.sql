ALTER TABLE `users` COMMENT = 'new, it''s better';
