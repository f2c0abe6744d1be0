"""The battery of controls that belongs beside every audit: what must come out where nothing is to be found."""
