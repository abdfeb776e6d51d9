"""A board that listens, followed answer by answer."""
