"""Bytes of a file in blocks, plain or gzip, with the damage named."""

import zlib

from seriome.errors import DataError

BLOCK = 1 << 18  # compressed bytes read at once
MAGIC = b"\x1f\x8b"  # RFC 1952, 2.3.1
COPY_AGAIN = "copy the file again from where it was made and compare its checksum there"


def blocks(path, name: str):
    """The content of a file in blocks of bytes; a name that ends in .gz is decompressed, whatever number of members.

    Every member's CRC and length is held against its data (RFC 1952). Zeros behind the last member are padding.
    Raises  DataError truncated_gzip, corrupt_gzip
    """
    with open(path, "rb") as file:
        if not str(path).lower().endswith(".gz"):
            block = file.read(BLOCK)
            if block.startswith(MAGIC):
                what = f"{name} is gzip-compressed, but its name does not end in .gz"
                raise DataError("corrupt_gzip", what, "add .gz to its name, there and in the sheet")
            while block:
                yield block
                block = file.read(BLOCK)
            return
        unpack, given, members = None, 0, 0
        while packed := file.read(BLOCK):
            while packed:
                if unpack is None:
                    packed = packed.lstrip(b"\0") if members else packed
                    if not packed:
                        break
                    unpack = zlib.decompressobj(wbits=31)
                try:
                    block = unpack.decompress(packed)
                except zlib.error as error:
                    raise _corrupt(name, members, given, error) from None
                given += len(block)
                if block:
                    yield block
                packed = unpack.unused_data
                if unpack.eof:
                    unpack, members = None, members + 1
        if unpack is not None:
            raise DataError(
                "truncated_gzip", f"{name} is cut off: the gzip stream ends after {given:,} unpacked bytes", COPY_AGAIN
            )


def _corrupt(name, members, given, error) -> DataError:
    what = str(error).split(": ", 1)[-1]
    if "header" in what and not members:
        detail, way_out = f"{name} ends in .gz but is not gzip-compressed", "compress it, or take .gz off its name"
    else:
        detail, way_out = f"{name} is damaged: {what} after {given:,} unpacked bytes", COPY_AGAIN
    return DataError("corrupt_gzip", detail, way_out)
