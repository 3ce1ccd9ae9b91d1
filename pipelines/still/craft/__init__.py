"""The craft that looks share: tone, light, weather, paint, paper. Pure functions on arrays."""
