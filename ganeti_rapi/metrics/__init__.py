"""What the daemon counts, and the cluster's figures, for Prometheus."""
