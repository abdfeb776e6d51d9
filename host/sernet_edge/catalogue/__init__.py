"""The boards: what each is, what a bundled model takes there, and whether a board file is sound."""
