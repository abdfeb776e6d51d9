"""Everything the user runs: training, building, flashing and checking a speech-emotion model."""
