"""What random checks and several reviewers say of the whole: limits, agreement, double review."""
