"""Documents from the web and from Git repositories, written into a folder with sources."""
