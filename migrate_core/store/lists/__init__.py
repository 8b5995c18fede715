"""Lists of all masks, candidates and pairs, read some hundred at a time: any number fits."""
