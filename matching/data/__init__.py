"""Tables that the engine reads, and the scripts that rebuild them."""
