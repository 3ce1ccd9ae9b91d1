"""Jobs: what is remembered of them, who does them, and what happens when somebody dies."""
