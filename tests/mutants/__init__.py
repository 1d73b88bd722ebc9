"""What the tests would not notice: code that moves rows or decides is broken on purpose, one place at a time."""
