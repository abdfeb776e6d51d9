"""The float network, its bundles and what is known of them."""
