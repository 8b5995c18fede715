"""Writing products: lossless JPEG 2000, the SAFE layout, as a folder or as a zip."""

import zipfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rasterio.io import MemoryFile

from ..acquisitions import Packaging
from ..grids import UTM, granule_transform
from .cloud_mask import cloud_mask_path, cloud_polygons, mask_layers
from .manifest import datastrip_metadata, manifest
from .product import Product
from .product_metadata import product_metadata
from .tile_metadata import tile_metadata

# Side of the JPEG 2000 tiles, as in real products. The granule here is smaller, so each image
# is a single tile.
BLOCK_PIXELS = {10: 1024, 20: 640, 60: 192}


def jpeg2000(array: NDArray[np.uint16] | NDArray[np.uint8], resolution_m: int) -> bytes:
    """A granule raster (height, width) or (bands, height, width) as lossless JPEG 2000."""
    bands = array if array.ndim == 3 else array[None]
    with MemoryFile(ext=".jp2") as memory:
        with memory.open(
            driver="JP2OpenJPEG",
            count=bands.shape[0],
            height=bands.shape[1],
            width=bands.shape[2],
            dtype=bands.dtype,
            crs=UTM,
            transform=granule_transform(resolution_m),
            QUALITY="100",
            REVERSIBLE="YES",
            YCBCR420="NO",
            YCC="NO",
            BLOCKXSIZE=str(BLOCK_PIXELS[resolution_m]),
            BLOCKYSIZE=str(BLOCK_PIXELS[resolution_m]),
        ) as dataset:
            dataset.write(bands)
        return bytes(memory.read())


def product_files(product: Product) -> dict[str, bytes]:
    """Everything in the product: path below the SAFE folder -> content."""
    scene = product.scene
    files = {
        f"{product.image_path(band, metres)}.jp2": jpeg2000(
            scene.digital_numbers(product.level, band, metres), metres
        )
        for band, metres in product.bands()
    }
    if product.level == "L2A":
        for metres, classes in scene.classification.items():
            files[f"{product.image_path('SCL', metres)}.jp2"] = jpeg2000(classes, metres)
    mask_path = cloud_mask_path(product)
    if mask_path.endswith(".gml"):
        files[mask_path] = cloud_polygons(product)
    else:
        files[mask_path] = jpeg2000(mask_layers(scene.cloud_layers), 60)
    files[product.metadata_name] = product_metadata(product)
    files[f"{product.granule_path}/MTD_TL.xml"] = tile_metadata(product)
    files[f"{product.datastrip_path}/MTD_DS.xml"] = datastrip_metadata(product)
    files["manifest.safe"] = manifest(product, files)
    return files


def write_product(product: Product, folder: Path, packaging: Packaging) -> None:
    """Write a product into `folder`, as `<name>.SAFE/` or as `<name>.zip` with that root."""
    files = product_files(product)
    safe = f"{product.name}.SAFE"
    if packaging == "folder":
        for path, content in files.items():
            target = folder / safe / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        return
    method = zipfile.ZIP_STORED if packaging == "stored zip" else zipfile.ZIP_DEFLATED
    # Members carry the product's time, not the clock's, so that the same case is the same bytes.
    time = product.scene.acquisition.level_generated_at(product.level).timetuple()[:6]
    with zipfile.ZipFile(folder / f"{product.name}.zip", "w") as archive:
        for path, content in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(f"{safe}/{path}", time), content, method)
