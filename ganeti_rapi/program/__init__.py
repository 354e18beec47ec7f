"""The program ``ganeti-rapi``: what Ganeti itself starts, stops and rotates on a master node."""
