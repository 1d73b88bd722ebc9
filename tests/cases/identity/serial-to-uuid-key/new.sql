CREATE TABLE t (id uuid DEFAULT gen_random_uuid() PRIMARY KEY, v integer);
CREATE TABLE u (id uuid PRIMARY KEY, v integer);
