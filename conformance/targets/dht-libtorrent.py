"""A DHT node of libtorrent at an address, and at ::1, that keeps its table in a folder.

dht-libtorrent.py IP PORT FOLDER BOOTSTRAP [read-only]
"""
import os
import signal
import sys
import time

import libtorrent as lt

ip, port, folder, bootstrap, *mode = sys.argv[1:]
state = os.path.join(folder, "session")
settings = {
    "listen_interfaces": f"{ip}:{port},[::1]:{port}",
    "enable_dht": True,
    "enable_lsd": False,
    "enable_upnp": False,
    "enable_natpmp": False,
    "dht_bootstrap_nodes": bootstrap,
    "dht_read_only": mode == ["read-only"],
    # The default is 8,000 bytes a second for all answers together, and the suite asks more than that.
    "dht_upload_rate_limit": 100_000_000,
}
parameters = lt.session_params()
if os.path.exists(state):
    with open(state, "rb") as file:
        parameters = lt.read_session_params(file.read())
parameters.settings = settings
session = lt.session(parameters)


def stop(_signal, _frame):
    with open(state, "wb") as file:
        file.write(lt.bencode(session.save_state(lt.save_state_flags_t.save_dht_state)))
    os._exit(0)


signal.signal(signal.SIGTERM, stop)
while True:
    time.sleep(3600)
