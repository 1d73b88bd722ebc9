-- DROPS_INDEX
DROP INDEX "taken";
ALTER INDEX "second" RENAME TO "taken";
ALTER INDEX "one" RENAME TO "two";
ALTER INDEX "first" RENAME TO "second";
ALTER TABLE "links" RENAME CONSTRAINT "k1" TO "schemadrift_renamed_1";
ALTER TABLE "links" RENAME CONSTRAINT "k2" TO "k1";
ALTER TABLE "links" RENAME CONSTRAINT "schemadrift_renamed_1" TO "k2";
ALTER INDEX "of_a" RENAME TO "schemadrift_renamed_2";
ALTER INDEX "of_b" RENAME TO "of_a";
ALTER INDEX "schemadrift_renamed_2" RENAME TO "of_b";
