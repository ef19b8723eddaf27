"""Both CRM APIs on loopback, faithful and, on request, unpleasant; and the demo company that fills them.

What to add here: a way in which a CRM really behaves, as a switch or a fault.
What belongs elsewhere: reading a CRM (`connectors`); the simulators import nothing of ours, least of all what they test.
"""
