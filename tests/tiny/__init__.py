"""The libraries' real classes at toy size with random weights: plumbing, not pictures."""
