"""The serial link: framing, messages, transports and sessions."""
