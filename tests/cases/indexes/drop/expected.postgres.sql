DROP INDEX "users_n";
