CREATE EXTENSION isn;
CREATE TABLE book (id int PRIMARY KEY, number isbn13 NOT NULL, paper issn);
CREATE UNIQUE INDEX book_number ON book (number);
