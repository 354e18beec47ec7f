"""The stock daemon and ours, side by side: what both are asked, and how the answers are judged."""
