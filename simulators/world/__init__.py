"""The demo company: a seeded generator of two CRMs' records, finance's books, the company's decisions and the truth about them.

What to add here: nothing but the way in; a new part of the world is a module beside this one.
What belongs elsewhere: serving the records (`simulators.server`), what the warehouse makes of them (everything right of it).
"""

from simulators.world.books import company_books
from simulators.world.build import SEED, build_world, company_decisions, recipe

__all__ = ["SEED", "build_world", "company_books", "company_decisions", "recipe"]
