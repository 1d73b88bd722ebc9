"""From two schemas to a plan, without a connection: normalize, diff, order, hazards, safe mode, words."""
