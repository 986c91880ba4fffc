"""A peer that wants nothing and has nothing, but knows the seeder, and tells whoever comes to it who else is there (BEP 11)."""
import os
import libtorrent as lt

session = lt.session({
    'listen_interfaces': '0.0.0.0:' + os.environ['BT_PORT'], 'enable_dht': False, 'enable_lsd': False, 'enable_upnp': False,
    'enable_natpmp': False, 'enable_incoming_utp': False, 'enable_outgoing_utp': False, 'close_redundant_connections': False,
    'in_enc_policy': 2, 'out_enc_policy': 2, 'alert_mask': lt.alert.category_t.error_notification | lt.alert.category_t.peer_notification,
})
params = lt.add_torrent_params()
params.ti = lt.torrent_info('/bt/in/file.torrent')
params.save_path = '/bt/data'
params.file_priorities = [0] * params.ti.num_files()
params.trackers = []
params.ti.clear_trackers() if hasattr(params.ti, 'clear_trackers') else None
params.flags &= ~lt.torrent_flags.auto_managed & ~lt.torrent_flags.paused
torrent = session.add_torrent(params)
torrent.replace_trackers([])
seeder = (os.environ['HUB_PEER'], int(os.environ['BT_PORT']))
while not torrent.get_peer_info():
    torrent.connect_peer(seeder)
    session.wait_for_alert(300)
    session.pop_alerts()
open(os.environ['BT_LOG'] + '/ready', 'w').close()
while True:
    session.wait_for_alert(1000)
    for alert in session.pop_alerts():
        print(alert.message(), flush=True)
