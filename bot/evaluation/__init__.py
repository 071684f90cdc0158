"""How good answers are, in the field's own terms."""
