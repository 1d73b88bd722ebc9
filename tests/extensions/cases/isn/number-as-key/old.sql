-- isn: a book's number of one kind becomes one of another, another number comes.
-- afterwards: SELECT number::text FROM book WHERE id = 1 => 978-0-393-04002-9
CREATE EXTENSION isn;
CREATE TABLE book (id int PRIMARY KEY, number isbn NOT NULL);
INSERT INTO book VALUES (1, '0-393-04002-X'), (2, '0-201-53082-1');
