"""A question in, an `Answer` out: what is looked for, read, chosen and checked."""
