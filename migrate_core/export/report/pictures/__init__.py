"""What is to be seen in a report: histograms, the map, pairs."""
