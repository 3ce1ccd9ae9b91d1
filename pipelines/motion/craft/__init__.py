"""What ambient effects are made of: periodic noise, particles, flow, relief and blending."""
