"""What lies where in a blob's arena while it runs: worked out, and drawn twice."""
