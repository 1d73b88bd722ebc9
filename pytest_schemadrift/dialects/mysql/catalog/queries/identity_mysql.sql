SELECT @@server_uuid AS identity
