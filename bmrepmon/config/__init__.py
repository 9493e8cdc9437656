"""What the administrator wrote, validated and frozen."""
