"""What people see in a browser: the status page at ``/``, the runbooks, the errors."""
