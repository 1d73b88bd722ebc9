"""The live schema from the server's catalog."""
