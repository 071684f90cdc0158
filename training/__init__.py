"""How the reader's weights are made: from data to the files that Quoth ships."""
