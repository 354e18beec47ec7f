"""The program ``ganeti-rapi-users``: changes the users file and the tokens file."""
