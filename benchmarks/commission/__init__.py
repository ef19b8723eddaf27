"""How fast a million credit events become commission lines, beside other ways of doing it."""
