"""What the service stands, done to it for real and told in tables."""
