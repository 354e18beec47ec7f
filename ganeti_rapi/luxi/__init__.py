"""How we talk to Ganeti's job daemon: the LUXI protocol over its Unix socket."""
