"""Source gaps: how much each source took in, and the periods in which a small count says nothing."""
