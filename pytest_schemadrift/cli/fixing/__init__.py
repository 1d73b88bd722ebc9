"""What the commands share that fix a drift or plan to: their options, what they show, and what they ask."""
