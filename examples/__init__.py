"""Examples: other people's data poured into the seams of the house.

What to add here: one folder per data set, with a README that says what the set is like.
What belongs elsewhere: the demo company (`simulators/world`), anything a real run needs.
"""
