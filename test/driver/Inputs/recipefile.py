# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The parts of a recipe (driver/relink/Recipe.h) that tests write themselves."""
import base64
import ctypes
import os
import struct


def stored(data):
    """A zstd frame of raw blocks."""
    frame = struct.pack("<IBI", 0xFD2FB528, 0xA0, len(data))
    blocks = [data[i:i + 65536] for i in range(0, len(data), 65536)] or [b""]
    for index, block in enumerate(blocks):
        last = index + 1 == len(blocks)
        frame += struct.pack("<I", len(block) << 3 | last)[:3] + block
    return frame


def content_hash(data, llvm):
    """BLAKE3, of which 128 bits are used, from the library of LLVM's folder."""
    library = ctypes.CDLL(os.path.join(llvm, "../lib/libLLVM.so"))
    state, digest = ctypes.create_string_buffer(8192), ctypes.create_string_buffer(16)
    library.llvm_blake3_hasher_init(state)
    library.llvm_blake3_hasher_update(state, data, ctypes.c_size_t(len(data)))
    library.llvm_blake3_hasher_finalize(state, digest, ctypes.c_size_t(16))
    return digest.raw.hex()


def packed(data, name):
    return {"hash": name, "size": len(data),
            "zstd_base64": base64.b64encode(stored(data)).decode()}
