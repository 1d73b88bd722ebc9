"""Models that refer to each other in circles, which ``generate_schemas`` refuses."""
