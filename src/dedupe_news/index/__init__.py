"""A collection that is kept on disk and grows article by article."""
