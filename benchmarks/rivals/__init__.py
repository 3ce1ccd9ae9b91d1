"""What others do today, doing the same work in the same run."""
