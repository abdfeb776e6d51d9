"""Training and evaluation (the only room that needs TensorFlow)."""
