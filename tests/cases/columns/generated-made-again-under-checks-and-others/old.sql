-- A column that becomes virtual is dropped and made again: so are the checks that name it, which MySQL would drop for good
-- and which MariaDB refuses to part with (error 1054), and what is computed from it, of which MariaDB 11.8.9 would keep the
-- values of before.
-- afterwards: SELECT total FROM orders => 12
-- afterwards: SELECT more FROM orders => 13
CREATE TABLE orders (
    id int PRIMARY KEY,
    price int NOT NULL,
    total int GENERATED ALWAYS AS (price * 2) STORED,
    more int GENERATED ALWAYS AS (total + 1) STORED,
    note varchar(20),
    CONSTRAINT total_is_positive CHECK (total > 0),
    KEY by_more (more)
);
INSERT INTO orders (id, price) VALUES (1, 4);
