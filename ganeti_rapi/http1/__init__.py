"""HTTP/1.1 as bytes, without I/O: the heads and bodies of requests, the heads of replies."""
