"""The entries of the table, one file a family. Adding a model is adding one entry."""
