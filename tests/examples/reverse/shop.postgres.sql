-- A shop: identity keys, enumerated types, JSON, partial and expression indexes, many-to-many, comments.
CREATE TYPE order_state AS ENUM ('new', 'in-progress', 'shipped', 'it''s lost');
CREATE TABLE customers (
  id bigint GENERATED ALWAYS AS IDENTITY (START WITH 1000 INCREMENT BY 2) PRIMARY KEY,
  email varchar(255) NOT NULL UNIQUE,
  name text NOT NULL,
  nick text CONSTRAINT nick_once UNIQUE,
  rating numeric(4,1) NOT NULL DEFAULT 0.5,
  balance numeric,
  active boolean NOT NULL DEFAULT true,
  tags text[] NOT NULL DEFAULT '{}',
  address jsonb NOT NULL DEFAULT '{"country": "AT"}',
  raw json,
  avatar bytea,
  referred_by bigint REFERENCES customers ON DELETE SET NULL,
  created timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
  seen timestamp(3),
  birthday date,
  wakes time,
  session uuid NOT NULL DEFAULT gen_random_uuid(),
  CONSTRAINT rating_range CHECK (rating BETWEEN 0 AND 10)
);
COMMENT ON TABLE customers IS 'People who "buy" things, it''s said';
COMMENT ON COLUMN customers.id IS 'counted in twos';
COMMENT ON COLUMN customers.rating IS E'two\nlines and a \\';
CREATE UNIQUE INDEX customers_email_lower ON customers (lower(email));
CREATE INDEX customers_active ON customers (created DESC NULLS LAST) WHERE active;
CREATE INDEX customers_address ON customers USING gin (address jsonb_path_ops);
CREATE INDEX customers_tags ON customers USING gin (tags);
CREATE INDEX customers_name_hash ON customers USING hash (name);
CREATE INDEX customers_names ON customers (name, nick) INCLUDE (rating);
CREATE TABLE products (
  sku varchar(20) PRIMARY KEY,
  title varchar(200) NOT NULL,
  price numeric(10,2) NOT NULL CHECK (price > 0),
  weight real,
  length double precision DEFAULT 1.5,
  stock smallint NOT NULL DEFAULT 0,
  kind char(2) NOT NULL DEFAULT 'xx'
);
CREATE TABLE categories (id smallserial PRIMARY KEY, name varchar(50) NOT NULL, parent integer);
CREATE TABLE product_category (
  product_id varchar(20) NOT NULL REFERENCES products ON DELETE CASCADE,
  category_id smallint NOT NULL REFERENCES categories ON DELETE CASCADE
);
CREATE UNIQUE INDEX product_category_once ON product_category (product_id, category_id);
CREATE TABLE wishes (
  customer bigint NOT NULL REFERENCES customers ON DELETE CASCADE,
  product varchar(20) NOT NULL REFERENCES products ON DELETE CASCADE ON UPDATE CASCADE,
  PRIMARY KEY (customer, product)
);
CREATE TABLE orders (
  id serial PRIMARY KEY,
  customer_id bigint NOT NULL REFERENCES customers ON DELETE RESTRICT,
  payer_id bigint REFERENCES customers ON DELETE SET NULL,
  state order_state NOT NULL DEFAULT 'new',
  states order_state[],
  placed timestamptz NOT NULL DEFAULT now(),
  note text,
  UNIQUE (customer_id, placed)
);
CREATE INDEX orders_state ON orders (state);
CREATE TABLE order_lines (
  order_id integer NOT NULL REFERENCES orders ON DELETE CASCADE,
  line smallint NOT NULL,
  product_sku varchar(20) NOT NULL REFERENCES products (sku) ON UPDATE CASCADE,
  quantity integer NOT NULL DEFAULT 1 CHECK (quantity > 0),
  price numeric(10,2) NOT NULL,
  total numeric(12,2) GENERATED ALWAYS AS (price * quantity) STORED,
  PRIMARY KEY (order_id, line)
);
CREATE TABLE invoices (
  order_id integer PRIMARY KEY REFERENCES orders ON DELETE CASCADE,
  number varchar(30) NOT NULL UNIQUE,
  paid boolean
);
CREATE TABLE reminders (
  id serial PRIMARY KEY,
  invoice_id integer NOT NULL REFERENCES invoices,
  invoice_number varchar(30) REFERENCES invoices (number),
  sent date NOT NULL
);
CREATE TABLE odd_defaults (
  id integer PRIMARY KEY,
  quote text DEFAULT 'it''s "said"',
  slash varchar(30) DEFAULT 'back\slash',
  line text DEFAULT E'two\nlines',
  percent text DEFAULT '100%',
  nothing text DEFAULT '',
  low integer DEFAULT -5,
  big bigint DEFAULT 9007199254740993,
  exact numeric(12,4) DEFAULT -1.5000,
  tiny double precision DEFAULT 1e-7,
  day date DEFAULT CURRENT_DATE,
  fixed timestamptz DEFAULT '2024-01-01 00:00:00+00',
  off boolean DEFAULT false
);
CREATE VIEW open_orders AS SELECT id, state, placed FROM orders WHERE state <> 'shipped';
