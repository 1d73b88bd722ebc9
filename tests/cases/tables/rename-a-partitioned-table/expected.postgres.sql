ALTER TABLE "t" RENAME TO "parent";
ALTER TABLE "t_deep" RENAME TO "deep";
ALTER TABLE "base" RENAME TO "root";
