-- A trigger stays with its table, which has another name in the trigger's statement from then on.
-- rename: orders=bookings
-- afterwards: SELECT count(*) FROM bookings WHERE total = 6 => 1
CREATE TABLE orders (
  id int NOT NULL PRIMARY KEY,
  total int NOT NULL
);
CREATE TRIGGER rounded BEFORE INSERT ON orders FOR EACH ROW SET NEW.total = NEW.total + 1;
INSERT INTO orders VALUES (1, 5);
