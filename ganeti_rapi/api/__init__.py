"""What the API is: resources, opcodes, checks and fields as data; no Twisted in here."""
