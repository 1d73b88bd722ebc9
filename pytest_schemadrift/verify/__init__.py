"""What needs a server: the exact verdict, expressions read back a second time, a plan proven on a scratch copy."""
