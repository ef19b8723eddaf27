"""How often identity resolution is right, class by class, on made-up companies and on the demo company's planted truth."""
