"""A job daemon with a cluster inside, which speaks LUXI as Ganeti's luxid does."""
