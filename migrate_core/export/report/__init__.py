"""What a dataset says about itself: card, report, plots and the numbers in them."""
