"""Changes to SQL."""
