"""Files that others change while we run: to read them, and to notice their changes."""
