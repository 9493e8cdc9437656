"""What this monitor costs, beside what administrators use today, on the same input and in the same run."""
