"""Cross-validation: which folds, where they run, and the folder that keeps what they found."""
