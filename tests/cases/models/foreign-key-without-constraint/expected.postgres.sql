CREATE TABLE "posts" (
    "id" serial NOT NULL,
    "user_id" integer NOT NULL,
    CONSTRAINT "posts_pkey" PRIMARY KEY ("id")
);
