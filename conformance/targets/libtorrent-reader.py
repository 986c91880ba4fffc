"""Reads a torrent file with libtorrent, and prints what is in it as one JSON object; exit code 1 where libtorrent refuses it."""

import json
import sys

import libtorrent

try:
    info = libtorrent.torrent_info(sys.argv[1])
except RuntimeError as error:
    print(error)
    sys.exit(1)
hashes = info.info_hashes()
storage = info.files()
files = [
    {"path": storage.file_path(index), "length": storage.file_size(index)}
    for index in range(storage.num_files())
]
print(
    json.dumps(
        {
            "infoHash": str(hashes.v1) if hashes.has_v1() else None,
            "infoHash2": str(hashes.v2) if hashes.has_v2() else None,
            "files": files,
        }
    )
)
