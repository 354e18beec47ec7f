"""The twisted.web shell: routes, the life of a request, TLS."""
