"""Where the files of products lie: in folders, zips and stores."""
