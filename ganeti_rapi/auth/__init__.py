"""Who may do what: the users file and its password schemes, and Twisted's cred over them."""
