"""`bmrepmon audit`: every message of Cyrus held against its record and body in the database."""
