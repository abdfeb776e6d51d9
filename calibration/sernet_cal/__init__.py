"""What decides the integers: the front-end, the quantized graph and their bit-exact twins."""
