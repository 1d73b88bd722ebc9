-- MySQL copies a table to rename a column that something computed, or an enforced check, names: the plan says so.
-- rename: parcel.g=gram
-- rename: parcel.note=remark
-- rename: quiet.a=b
CREATE TABLE `parcel` (`id` INT NOT NULL, `g` INT, `kg` INT GENERATED ALWAYS AS (`g` DIV 1000) VIRTUAL, `price` INT GENERATED ALWAYS AS (`kg` * 3) STORED, `note` VARCHAR(9), PRIMARY KEY (`id`));
CREATE TABLE `quiet` (`id` INT NOT NULL, `a` INT, PRIMARY KEY (`id`), CONSTRAINT `some_day` CHECK (`a` > 7) NOT ENFORCED);
INSERT INTO `parcel` (`id`, `g`, `note`) VALUES (1, 2500, 'x'), (2, NULL, NULL);
INSERT INTO `quiet` VALUES (1, 3);
