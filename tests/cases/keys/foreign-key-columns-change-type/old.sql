-- A14: both ends of foreign keys get another type, through a key of two columns and one that goes on: MariaDB refuses each MODIFY
CREATE TABLE shop (code varchar(10) NOT NULL, area int NOT NULL, PRIMARY KEY (code, area));
CREATE TABLE item (id int PRIMARY KEY, shop_code varchar(10) NOT NULL, area int NOT NULL, note varchar(5),
    UNIQUE (shop_code), CONSTRAINT item_shop FOREIGN KEY (shop_code, area) REFERENCES shop (code, area) ON DELETE CASCADE);
CREATE TABLE sold (id int PRIMARY KEY, shop_code varchar(10),
    CONSTRAINT sold_item FOREIGN KEY (shop_code) REFERENCES item (shop_code) ON UPDATE CASCADE);
INSERT INTO shop VALUES ('a', 1), ('b', 2);
INSERT INTO item VALUES (1, 'a', 1, 'x'), (2, 'b', 2, NULL);
INSERT INTO sold VALUES (1, 'a'), (2, NULL), (3, 'b');
-- afterwards: SELECT count(*) FROM sold JOIN item ON item.shop_code = sold.shop_code JOIN shop ON shop.code = item.shop_code => 2
