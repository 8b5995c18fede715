"""Files from elsewhere: what is checked before anything of them is read."""
