"""AdventureWorks (Microsoft's sample company) as a Zoho CRM and a company folder.

What to add here: another table of the set, another quirk of it, a figure that other people printed for it.
What belongs elsewhere: how CRM records are served (`simulators`), how a company folder is read (`connectors/company.py`).
"""
