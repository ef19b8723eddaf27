"""How fast a first load lands, beside other ways of doing it."""
