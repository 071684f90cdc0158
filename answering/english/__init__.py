"""Every word list and pattern of English that answers rest on."""
