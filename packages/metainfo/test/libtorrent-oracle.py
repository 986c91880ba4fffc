"""Answers questions about torrents with libtorrent: JSON lines in, JSON lines out. Used by the differential tests only."""
import base64, json, sys, tempfile, time
import libtorrent as lt


def hashes(info):
    ih = info.info_hashes()
    return {
        "v1": str(ih.v1) if ih.has_v1() else None,
        "v2": str(ih.v2) if ih.has_v2() else None,
    }


def read(question):
    info = lt.torrent_info(base64.b64decode(question["torrent"]))
    files = info.files()
    return {
        **hashes(info),
        "name": info.name(),
        "pieceLength": info.piece_length(),
        "pieceCount": info.num_pieces(),
        "private": info.priv(),
        "comment": info.comment(),
        "createdBy": info.creator(),
        "creationDate": info.creation_date(),
        "trackers": [[t.url, t.tier] for t in info.trackers()],
        "webSeeds": [s["url"] for s in info.web_seeds() if s["type"] == 0],
        "httpSeeds": [s["url"] for s in info.web_seeds() if s["type"] == 1],
        "nodes": [list(n) for n in info.nodes()],
        "files": [
            {
                "path": files.file_path(i),
                "length": files.file_size(i),
                "offset": files.file_offset(i),
                "padding": bool(files.file_flags(i) & lt.file_storage.flag_pad_file),
                "executable": bool(files.file_flags(i) & lt.file_storage.flag_executable),
                "hidden": bool(files.file_flags(i) & lt.file_storage.flag_hidden),
                "link": files.symlink(i) if files.file_flags(i) & lt.file_storage.flag_symlink else None,
                "root": str(files.root(i)),
            }
            for i in range(files.num_files())
        ],
    }


FLAGS = {
    "v1": lt.create_torrent.v1_only,
    "v2": lt.create_torrent.v2_only,
    "hybrid": 0,
}


def create(question):
    files = lt.file_storage()
    for f in question["files"]:
        flags = lt.file_storage.flag_executable if f.get("executable") else 0
        if "link" in f:
            files.add_file(f["path"], 0, lt.file_storage.flag_symlink, 0, f["link"])
        else:
            files.add_file(f["path"], f["length"], flags)
    flags = FLAGS[question["version"]] | lt.create_torrent.symlinks
    torrent = lt.create_torrent(files, question["pieceLength"], flags)
    for tier, urls in enumerate(question.get("trackers", [])):
        for url in urls:
            torrent.add_tracker(url, tier)
    for url in question.get("webSeeds", []):
        torrent.add_url_seed(url)
    torrent.set_priv(question.get("private", False))
    lt.set_piece_hashes(torrent, question["root"])
    return {"torrent": base64.b64encode(lt.bencode(torrent.generate())).decode()}


sessions = []


def quiet_session():
    """One session for all questions, that talks to nobody."""
    if not sessions:
        sessions.append(lt.session({
            "listen_interfaces": "127.0.0.1:0",
            "enable_dht": False,
            "enable_lsd": False,
            "enable_upnp": False,
            "enable_natpmp": False,
            "alert_mask": 0,
        }))
    return sessions[0]


def verify(question):
    """Whether all the content is there and right."""
    params = lt.add_torrent_params()
    params.ti = lt.torrent_info(base64.b64decode(question["torrent"]))
    params.save_path = question["root"]
    # Managed torrents wait for the next tick of a second.
    params.flags &= ~(lt.torrent_flags.auto_managed | lt.torrent_flags.paused)
    session = quiet_session()
    handle = session.add_torrent(params)
    for _ in range(1000):
        status = handle.status()
        if status.errc.value() != 0:
            return {"error": status.errc.message()}
        if status.state not in (lt.torrent_status.checking_files, lt.torrent_status.checking_resume_data):
            break
        time.sleep(0.01)
    return {"progress": status.progress, "seeding": status.is_seeding}


def magnet(question):
    params = lt.parse_magnet_uri(question["link"])
    ih = params.info_hashes
    return {
        "v1": str(ih.v1) if ih.has_v1() else None,
        "v2": str(ih.v2) if ih.has_v2() else None,
        "name": params.name,
        "trackers": list(params.trackers),
        "webSeeds": list(params.url_seeds),
    }


ANSWERS = {"read": read, "create": create, "verify": verify, "magnet": magnet}

for line in sys.stdin:
    question = json.loads(line)
    try:
        answer = ANSWERS[question["ask"]](question)
    except Exception as error:  # libtorrent refuses by throwing
        answer = {"error": str(error)}
    print(json.dumps(answer), flush=True)
