"""Events as HTTP requests to other servers: signed, in order, and again until they are taken."""
