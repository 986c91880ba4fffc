#!/usr/bin/python3
"""A libtorrent peer over TCP for swarm.ts: libtorrent-peer.py TORRENT FOLDER PORT. Prints DONE once it has everything verified."""
import sys
import libtorrent as lt

torrent, folder, port = sys.argv[1:4]
session = lt.session({
    'listen_interfaces': '127.0.0.1:' + port, 'enable_dht': False, 'enable_lsd': False, 'enable_upnp': False, 'enable_natpmp': False,
    'enable_outgoing_utp': False, 'enable_incoming_utp': False, 'in_enc_policy': 2, 'out_enc_policy': 2,
    'allow_multiple_connections_per_ip': True, 'alert_mask': 1 | 64,
})
params = lt.add_torrent_params()
params.ti = lt.torrent_info(torrent)
params.save_path = folder
params.flags = params.flags & ~lt.torrent_flags.auto_managed & ~lt.torrent_flags.paused
session.add_torrent(params)
while True:
    session.wait_for_alert(1000)
    for alert in session.pop_alerts():
        if isinstance(alert, lt.torrent_finished_alert):
            print('DONE', flush=True)
