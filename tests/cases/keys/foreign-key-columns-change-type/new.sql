CREATE TABLE shop (code varchar(20) NOT NULL, area bigint NOT NULL, PRIMARY KEY (code, area));
CREATE TABLE item (id int PRIMARY KEY, shop_code varchar(20) NOT NULL, area bigint NOT NULL, note varchar(5),
    UNIQUE (shop_code), CONSTRAINT item_shop FOREIGN KEY (shop_code, area) REFERENCES shop (code, area) ON DELETE CASCADE);
CREATE TABLE sold (id int PRIMARY KEY, shop_code varchar(20),
    CONSTRAINT sold_item FOREIGN KEY (shop_code) REFERENCES item (shop_code) ON UPDATE CASCADE);
