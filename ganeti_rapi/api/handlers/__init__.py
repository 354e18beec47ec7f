"""The cells that fit no kind, as functions from a `Call` to a reply."""
