"""What is found out about a made pair: occlusion, change, warnings, suggestion."""
