"""Where a product's files lie: one module for each layout, which knows names and nothing else."""
