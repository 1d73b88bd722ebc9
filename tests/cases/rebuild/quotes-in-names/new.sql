CREATE TABLE "odd ""name" ("a b" INTEGER PRIMARY KEY, "c'd" VARCHAR(9));
