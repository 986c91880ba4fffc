"""A node of libtorrent on 127.0.0.1 with its rate limits lifted; prints READY."""
import sys
import time

import libtorrent

session = libtorrent.session({
    "listen_interfaces": f"127.0.0.1:{sys.argv[1]}",
    "enable_dht": True,
    "enable_lsd": False,
    "enable_upnp": False,
    "enable_natpmp": False,
    "dht_bootstrap_nodes": "",
    "dht_upload_rate_limit": 1_000_000_000,
    "dht_block_ratelimit": 1_000_000_000,
    "dht_block_timeout": 1,
    "alert_mask": 0,
})
time.sleep(1)
print("READY" if session.is_dht_running() else "NO DHT", flush=True)
while True:
    time.sleep(1)
    session.pop_alerts()
