ALTER TABLE `t` DROP INDEX `t_a`, DROP INDEX `t_b`, ADD KEY `t_a` (`a`) COMMENT 'the new''s', ADD UNIQUE KEY `t_b` (`b`) COMMENT 'one each';
ALTER TABLE `c` DROP INDEX `c_b`, ADD KEY `c_b` (`b`) COMMENT 'of its t';
