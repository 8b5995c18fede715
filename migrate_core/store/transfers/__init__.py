"""What was downloaded and ordered, in tables; files of earlier versions are taken over."""
