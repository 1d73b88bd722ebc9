DROP INDEX "users_n2";
