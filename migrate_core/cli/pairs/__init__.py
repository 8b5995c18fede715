"""`pairs …`, each command imported when it is called."""
