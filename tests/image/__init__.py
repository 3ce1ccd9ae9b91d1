"""The container image: what the Dockerfile says, and a rehearsal of it without an engine."""
