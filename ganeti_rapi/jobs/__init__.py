"""How jobs are seen to change: by waits, by events, and by what follows a job to its end."""
