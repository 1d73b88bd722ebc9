"""Where schemas come from: databases, models, DDL text, scratch databases, snapshots."""
