"""One file a matching method: pure functions from distances to pairs."""
