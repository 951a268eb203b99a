"""A site's settings: read, merged, checked, with every mistake named by file, line and column."""
