"""Label rasters: opening, band layouts, georeference, classes, footprint, UDM."""
