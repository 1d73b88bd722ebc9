CREATE TABLE bookings (
  id int NOT NULL PRIMARY KEY,
  total int NOT NULL
);
CREATE TRIGGER rounded BEFORE INSERT ON bookings FOR EACH ROW SET NEW.total = NEW.total + 1;
