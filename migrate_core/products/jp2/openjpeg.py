"""Decoding an area of a codestream by the OpenJPEG library that rasterio's wheel carries.

GDAL decodes whole tiles of a tiled file; OpenJPEG itself decodes only the code blocks that an area
needs (`opj_set_decode_area`). Structures are those of openjpeg.h, version 2.
"""

from __future__ import annotations

import ctypes
import sys
from bisect import bisect_right
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import UnsuitableError

_J2K = 0
# More than this the library reads at once to where it needs it, without a copy between.
_STREAM_BYTES = 1 << 13
# Larger than opj_dparameters_t of any version, which the library itself fills with its defaults.
_PARAMETERS_BYTES = 1 << 15
_FAILED = ctypes.c_size_t(-1).value

_Read = ctypes.CFUNCTYPE(ctypes.c_size_t, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p)
_Skip = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_int64, ctypes.c_void_p)
_Seek = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int64, ctypes.c_void_p)


class _Component(ctypes.Structure):
    """opj_image_comp_t."""

    _fields_ = (
        *((name, ctypes.c_uint32) for name in ("dx", "dy", "w", "h", "x0", "y0")),
        *((name, ctypes.c_uint32) for name in ("prec", "bpp", "sgnd", "resno_decoded", "factor")),
        ("data", ctypes.POINTER(ctypes.c_int32)),
        ("alpha", ctypes.c_uint16),
    )


class _Image(ctypes.Structure):
    """opj_image_t."""

    _fields_ = (
        *((name, ctypes.c_uint32) for name in ("x0", "y0", "x1", "y1", "numcomps")),
        ("color_space", ctypes.c_int),
        ("comps", ctypes.POINTER(_Component)),
        ("icc_profile_buf", ctypes.c_void_p),
        ("icc_profile_len", ctypes.c_uint32),
    )


class _Stream:
    """Pieces of a codestream as OpenJPEG reads them: one after the other."""

    def __init__(self, pieces: Sequence[bytes | memoryview]) -> None:
        # An array of numpy has an address, whatever it is of.
        self._pieces = [np.frombuffer(piece, dtype=np.uint8) for piece in pieces if piece]
        self._begins = [0, *accumulate(piece.size for piece in self._pieces)]
        self.size = self._begins[-1]
        self._offset = 0
        # The library keeps no reference to these.
        self.read, self.skip, self.seek = _Read(self._read), _Skip(self._skip), _Seek(self._seek)

    def _read(self, target: int, length: int, _data: int) -> int:
        """Copy what is left of the piece at which reading is, at most `length` bytes."""
        if self._offset >= self.size:
            return int(_FAILED)
        number = bisect_right(self._begins, self._offset) - 1
        piece, inside = self._pieces[number], self._offset - self._begins[number]
        copied = min(length, piece.size - inside)
        ctypes.memmove(target, piece.ctypes.data + inside, copied)
        self._offset += copied
        return copied

    def _skip(self, length: int, _data: int) -> int:
        moved = min(length, self.size - self._offset)
        self._offset += moved
        return moved if moved or not length else -1

    def _seek(self, offset: int, _data: int) -> int:
        inside = 0 <= offset <= self.size
        self._offset = offset if inside else self._offset
        return int(inside)


def decode_area(
    codestream: Sequence[bytes | memoryview], area: tuple[int, int, int, int]
) -> NDArray[np.uint16]:
    """The pixels of an area (x0, y0, x1, y1) of the reference grid, (height, width) uint16.

    `codestream` is one in pieces.

    Raises UnsuitableError when the library isn't there or can't decode it.
    """
    library = _library()
    if library is None:
        raise UnsuitableError("OpenJPEG isn't there")
    stream = _Stream(codestream)
    handle = library.opj_stream_create(_STREAM_BYTES, 1)
    decoder = library.opj_create_decompress(_J2K)
    image = ctypes.POINTER(_Image)()
    try:
        library.opj_stream_set_read_function(handle, stream.read)
        library.opj_stream_set_skip_function(handle, stream.skip)
        library.opj_stream_set_seek_function(handle, stream.seek)
        library.opj_stream_set_user_data_length(handle, stream.size)
        parameters = ctypes.create_string_buffer(_PARAMETERS_BYTES)
        library.opj_set_default_decoder_parameters(parameters)
        decoded = (
            library.opj_setup_decoder(decoder, parameters)
            and library.opj_read_header(handle, decoder, ctypes.byref(image))
            and library.opj_set_decode_area(decoder, image, *area)
            and library.opj_decode(decoder, handle, image)
            and library.opj_end_decompress(decoder, handle)
        )
        if not decoded:
            raise UnsuitableError("OpenJPEG can't decode it")
        return _pixels(image, area)
    finally:
        library.opj_stream_destroy(handle)
        library.opj_destroy_codec(decoder)
        if image:
            library.opj_image_destroy(image)


def _pixels(image: Any, area: tuple[int, int, int, int]) -> NDArray[np.uint16]:
    component = image.contents.comps[0]
    height, width = area[3] - area[1], area[2] - area[0]
    fits = (component.h, component.w) == (height, width) and bool(component.data)
    if image.contents.numcomps != 1 or not fits or component.sgnd or component.prec > 16:
        raise UnsuitableError("OpenJPEG gave other pixels than it was asked for")
    return np.ctypeslib.as_array(component.data, (height, width)).astype(np.uint16)


@lru_cache(maxsize=1)
def _library() -> Any:
    """The library, its functions declared; None where it can't be had."""
    for path in _candidates():
        try:
            return _declared(ctypes.CDLL(str(path)))
        except (OSError, AttributeError):
            continue
    return None


def _candidates() -> list[Path]:
    """Where rasterio's wheels have it: Linux, macOS and Windows; its name has a hash."""
    import rasterio

    package = Path(rasterio.__file__).parent
    folders = {
        "linux": (package.parent / "rasterio.libs", "libopenjp2*"),
        "darwin": (package / ".dylibs", "libopenjp2*"),
        "win32": (package.parent / "rasterio.libs", "openjp2*"),
    }
    folder, pattern = folders.get(sys.platform, folders["linux"])
    return sorted(folder.glob(pattern))


def _declared(library: Any) -> Any:
    pointer, image = ctypes.c_void_p, ctypes.POINTER(_Image)
    numbers = (ctypes.c_int32,) * 4
    for name, result, arguments in (
        ("opj_stream_create", pointer, (ctypes.c_size_t, ctypes.c_int)),
        ("opj_stream_destroy", None, (pointer,)),
        ("opj_stream_set_read_function", None, (pointer, _Read)),
        ("opj_stream_set_skip_function", None, (pointer, _Skip)),
        ("opj_stream_set_seek_function", None, (pointer, _Seek)),
        ("opj_stream_set_user_data_length", None, (pointer, ctypes.c_uint64)),
        ("opj_create_decompress", pointer, (ctypes.c_int,)),
        ("opj_destroy_codec", None, (pointer,)),
        ("opj_set_default_decoder_parameters", None, (pointer,)),
        ("opj_setup_decoder", ctypes.c_int, (pointer, pointer)),
        ("opj_read_header", ctypes.c_int, (pointer, pointer, ctypes.POINTER(image))),
        ("opj_set_decode_area", ctypes.c_int, (pointer, image, *numbers)),
        ("opj_decode", ctypes.c_int, (pointer, pointer, image)),
        ("opj_end_decompress", ctypes.c_int, (pointer, pointer)),
        ("opj_image_destroy", None, (image,)),
    ):
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library
