"""A small VNC server: what shows the screens of simulated instances."""
