"""The ground of the demo: what covers it, and how it looks at 3 m."""
