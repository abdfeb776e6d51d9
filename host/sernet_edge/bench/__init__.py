"""What the firmware costs: instructions by layer, estimated cycles, memory."""
