"""Room 2: clean articles -> verified relations -> clusters."""
