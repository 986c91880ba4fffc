"""Seeds every torrent of a folder from one session, says READY when all of them are verified, and stays."""
import os
import sys
import time

import libtorrent

torrents, data = sys.argv[1:3]
session = libtorrent.session({
    'listen_interfaces': '127.0.0.1:0', 'enable_dht': False, 'enable_lsd': False, 'enable_upnp': False,
    'enable_natpmp': False, 'active_limit': 100000, 'active_seeds': 100000, 'active_checking': 100,
    'alert_mask': libtorrent.alert.category_t.status_notification,
})
left = set()
for name in os.listdir(torrents):
    parameters = libtorrent.add_torrent_params()
    parameters.ti = libtorrent.torrent_info(os.path.join(torrents, name))
    parameters.save_path = data
    parameters.flags = parameters.flags & ~libtorrent.torrent_flags.auto_managed & ~libtorrent.torrent_flags.paused
    left.add(str(parameters.ti.info_hash()))
    session.async_add_torrent(parameters)
while left:
    session.wait_for_alert(1000)
    for alert in session.pop_alerts():
        if isinstance(alert, libtorrent.torrent_finished_alert):
            left.discard(str(alert.handle.info_hash()))
print('READY', flush=True)
while True:
    time.sleep(60)
