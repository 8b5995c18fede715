"""Making the database, opening it, and what it says when it fails."""
