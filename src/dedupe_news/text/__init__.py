"""Room 1: received text -> clean article."""
