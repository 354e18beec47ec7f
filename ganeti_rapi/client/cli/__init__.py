"""The command line `rapi`."""
