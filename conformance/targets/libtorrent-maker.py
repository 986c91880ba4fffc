"""Makes a torrent file with libtorrent: path, out, piece length, then wishes: private, v2, hybrid, aligned, web-seed=URL, or tracker URLs."""

import os
import sys

import libtorrent

path, out, piece_length, *wishes = sys.argv[1:]
kind = libtorrent.create_torrent
flags = 0 if "hybrid" in wishes else kind.v2_only if "v2" in wishes else kind.v1_only
if "aligned" in wishes:
    flags |= kind.canonical_files
storage = libtorrent.file_storage()
libtorrent.add_files(storage, path)
torrent = libtorrent.create_torrent(storage, int(piece_length), flags)
web_seeds = [wish.partition("=")[2] for wish in wishes if wish.startswith("web-seed=")]
urls = [wish for wish in wishes if "://" in wish and not wish.startswith("web-seed=")]
for tier, url in enumerate(urls):
    torrent.add_tracker(url, tier)
for url in web_seeds:
    torrent.add_url_seed(url)
torrent.set_priv("private" in wishes)
libtorrent.set_piece_hashes(torrent, os.path.dirname(path))
with open(out, "wb") as file:
    file.write(libtorrent.bencode(torrent.generate()))
