"""What decides the integers: the front-end, the quantised graph and their bit-exact twins."""
