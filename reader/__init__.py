"""Question and passages in, spans out."""
