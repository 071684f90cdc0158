"""A reader made of somebody else's model."""
