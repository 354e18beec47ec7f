"""Functions from a `Call` to a reply, for the methods that no other kind of cell fits."""
