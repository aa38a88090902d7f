"""Bridges to other libraries. They translate and decide nothing; each is imported by its own name."""
