"""Nodes of libtorrent on loopback, told by JSON lines on stdin what to do, one answer a line on stdout.

libtorrent-node.py LISTEN BOOTSTRAP
"""
import json
import select
import sys
import time

import libtorrent as lt

listen, bootstrap = sys.argv[1:]
session = lt.session({
    "listen_interfaces": listen,
    "enable_dht": True,
    "enable_lsd": False,
    "enable_upnp": False,
    "enable_natpmp": False,
    "dht_bootstrap_nodes": bootstrap,
    "dht_restrict_routing_ips": False,
    "dht_restrict_search_ips": False,
    "dht_prefer_verified_node_ids": False,
    # Several nodes share an address here; as one they would look like a flood.
    "dht_block_ratelimit": 1_000_000,
    "alert_mask": 0x7FFFFFFF,
})


def say(answer):
    print(json.dumps(answer), flush=True)


def wait(kinds, accept, seconds=10):
    end = time.time() + seconds
    while time.time() < end:
        session.wait_for_alert(100)
        for alert in session.pop_alerts():
            if type(alert).__name__ in kinds and accept(alert):
                return alert
    return None


def sha1(text):
    return lt.sha1_hash(bytes.fromhex(text))


def do(order):
    what = order["do"]
    if what == "nodes":
        session.post_dht_stats()
        alert = wait(["dht_stats_alert"], lambda _: True)
        return {"nodes": sum(bucket["num_nodes"] for bucket in alert.routing_table)}
    if what == "announce":
        # The call for a mere announce has an argument that Python cannot make; a magnet link announces as well.
        torrent = lt.parse_magnet_uri(f"magnet:?xt=urn:btih:{order['hash']}")
        torrent.save_path = "/nonexistent"
        torrent.flags &= ~(lt.torrent_flags.paused | lt.torrent_flags.auto_managed)
        session.add_torrent(torrent).force_dht_announce()
        return {"port": session.listen_port()}
    if what == "peers":
        session.dht_get_peers(sha1(order["hash"]))
        alert = wait(["dht_get_peers_reply_alert"], lambda a: len(a.peers()) > 0)
        return {"peers": [f"{ip}:{number}" for ip, number in alert.peers()] if alert else []}
    if what == "put":
        target = session.dht_put_immutable_item(order["value"])
        alert = wait(["dht_put_alert"], lambda _: True)
        return {"target": str(target), "stored": alert.num_success if alert else 0}
    if what == "get":
        session.dht_get_immutable_item(sha1(order["target"]))
        alert = wait(["dht_immutable_item_alert"], lambda a: str(a.target) == order["target"])
        item = alert.item["value"] if alert and alert.item else None
        return {"value": item.decode() if isinstance(item, bytes) else item}
    if what == "put-mutable":
        keys = [bytes.fromhex(order[name]) for name in ("secret", "public")]
        session.dht_put_mutable_item(keys[0], keys[1], order["value"].encode(), order["salt"].encode())
        alert = wait(["dht_put_alert"], lambda _: True)
        return {"stored": alert.num_success if alert else 0}
    if what == "get-mutable":
        session.dht_get_mutable_item(bytes.fromhex(order["public"]), order["salt"].encode())
        alert = wait(["dht_mutable_item_alert"], lambda a: a.authoritative)
        if alert is None:
            return {"value": None, "seq": None}
        item = alert.item["value"]
        return {"value": item.decode() if isinstance(item, bytes) else repr(item), "seq": alert.seq}
    return {"error": "unknown order"}


time.sleep(0.5)
say({"ready": session.is_dht_running()})
for line in sys.stdin:
    say(do(json.loads(line)))
