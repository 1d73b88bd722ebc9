"""What every other package may use: configuration, the cache, and a pause for the garbage collector."""
