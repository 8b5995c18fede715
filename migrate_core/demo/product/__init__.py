"""The products of the demo: names, metadata, and writing them as SAFE."""
