CREATE TABLE orders (
    id int PRIMARY KEY,
    price int NOT NULL,
    total int GENERATED ALWAYS AS (price * 3) VIRTUAL,
    more int GENERATED ALWAYS AS (total + 1) STORED,
    note varchar(20),
    CONSTRAINT total_is_positive CHECK (total > 0),
    KEY by_more (more)
);
