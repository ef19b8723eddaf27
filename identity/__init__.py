"""Who is who: accounts of both CRMs that are one customer. Imports nothing of ours."""
