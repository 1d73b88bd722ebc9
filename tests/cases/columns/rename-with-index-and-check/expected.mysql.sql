ALTER TABLE `users` DROP CHECK `enough`, RENAME COLUMN `qty` TO `quantity`, ADD CONSTRAINT `enough` CHECK ((`quantity` > 0));
