"""What commands and pages take where the store holds many masks, scenes, pairs and decisions."""
