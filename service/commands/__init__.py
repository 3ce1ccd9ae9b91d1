"""The commands, a few to a module, imported when called."""
