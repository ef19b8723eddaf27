"""Packs, statements and workbooks for people: reads one published warehouse, writes files, sends nothing.

A new report is a query in queries/, words in templates/ and a function that arranges pages.
Sums and ratios belong in the marts, mailing in delivery/.
"""
