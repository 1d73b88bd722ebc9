"""SQLite on real files: what is read, what is written, and what a rebuild keeps."""
