"""A value of the DHT fetched or stored by libtorrent, from a node of its own that only asks.

dht-libtorrent-item.py get TARGET IP BOOTSTRAP   (the hash of a value, or the key of its author)
dht-libtorrent-item.py put VALUE IP BOOTSTRAP
"""
import os
import sys
import time

import libtorrent as lt

# Seconds for all of it.
LONGEST = 9.0
verb, word, ip, bootstrap = sys.argv[1:]
until = time.monotonic() + LONGEST
session = lt.session({
    "listen_interfaces": f"{ip}:0",
    "enable_dht": True,
    "enable_lsd": False,
    "enable_upnp": False,
    "enable_natpmp": False,
    "dht_read_only": True,
    "dht_bootstrap_nodes": bootstrap,
    "alert_mask": lt.alert.category_t.dht_notification | lt.alert.category_t.dht_operation_notification,
})


def await_alert(fits):
    """The first alert that fits, or the end."""
    while time.monotonic() < until:
        session.wait_for_alert(50)
        for alert in session.pop_alerts():
            if fits(alert):
                return alert
    # Without the farewell of a session, which takes seconds.
    os._exit(1)


await_alert(lambda alert: isinstance(alert, lt.dht_bootstrap_alert))
if verb == "put":
    session.dht_put_immutable_item(word)
    await_alert(lambda alert: isinstance(alert, lt.dht_put_alert))
elif len(word) == 40:
    session.dht_get_immutable_item(lt.sha1_hash(bytes.fromhex(word)))
    print(await_alert(lambda alert: isinstance(alert, lt.dht_immutable_item_alert)).item, flush=True)
else:
    session.dht_get_mutable_item(bytes.fromhex(word), b"")
    found = await_alert(lambda alert: isinstance(alert, lt.dht_mutable_item_alert) and alert.authoritative)
    print(found.item, flush=True)
os._exit(0)
