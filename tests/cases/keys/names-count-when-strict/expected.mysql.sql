ALTER TABLE `users` RENAME INDEX `one` TO `two`;
