-- A search index: tsvector, vectors, domains, operator classes, NULLS NOT DISTINCT, deferrable keys.
CREATE EXTENSION vector;
CREATE DOMAIN language_code AS varchar(5) CHECK (VALUE ~ '^[a-z]{2}$');
CREATE DOMAIN positive AS integer CHECK (VALUE > 0);
CREATE TABLE sources (id integer PRIMARY KEY DEFAULT 7, url text NOT NULL, tenant integer NOT NULL,
  UNIQUE (tenant, id), CONSTRAINT url_once UNIQUE NULLS NOT DISTINCT (url, tenant));
CREATE TABLE documents (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  source_id integer REFERENCES sources DEFERRABLE INITIALLY DEFERRED,
  tenant integer,
  title varchar(300) COLLATE "C" NOT NULL,
  body text NOT NULL DEFAULT '',
  lang language_code,
  pages positive,
  words tsvector GENERATED ALWAYS AS (setweight(to_tsvector('english', coalesce(title, '')), 'A')) STORED,
  extra tsvector,
  embedding vector(3),
  shape int4range,
  CONSTRAINT same_tenant FOREIGN KEY (tenant, source_id) REFERENCES sources (tenant, id) ON DELETE CASCADE
);
CREATE INDEX documents_words ON documents USING gin (words);
CREATE INDEX documents_extra ON documents USING gist (extra);
CREATE INDEX documents_embedding ON documents USING hnsw (embedding vector_l2_ops) WITH (m = 8, ef_construction = 32);
CREATE INDEX documents_title ON documents (title text_pattern_ops, (length(body)) DESC NULLS LAST);
CREATE UNIQUE INDEX documents_once ON documents (source_id, title) WHERE lang IS NOT NULL;
COMMENT ON INDEX documents_once IS 'a title once, it''s said';
CREATE TABLE synonyms (word text PRIMARY KEY, others text[] NOT NULL, ranks integer[], matrix numeric(5,2)[]);
CREATE TABLE hits (
  document uuid NOT NULL REFERENCES documents ON DELETE CASCADE,
  word text NOT NULL REFERENCES synonyms (word) ON UPDATE CASCADE ON DELETE CASCADE,
  score real NOT NULL,
  PRIMARY KEY (word, document) INCLUDE (score)
);
