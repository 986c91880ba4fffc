"""A peer made of libtorrent: libtorrent-peer.py seed|leech TORRENT-OR-MAGNET FOLDER [PEER-PORT] [tcp|utp] [dht=PORT]
It says PORT n when it listens, SEEDING when a seed has checked its files, DONE when a leecher's data is verified and written;
with dht=PORT, which is that of a node to enter the DHT by (0: none), its own node is on."""
import sys
import libtorrent as lt

mode, source, folder, *more = sys.argv[1:]
utp = 'utp' in more
dht = next((word[4:] for word in more if word.startswith('dht=')), None)
session = lt.session({
    'listen_interfaces': '127.0.0.1:0', 'enable_dht': dht is not None, 'enable_lsd': False, 'enable_upnp': False, 'enable_natpmp': False,
    'in_enc_policy': lt.enc_policy.disabled, 'out_enc_policy': lt.enc_policy.disabled,
    'enable_outgoing_utp': utp, 'enable_incoming_utp': utp, 'enable_outgoing_tcp': not utp, 'enable_incoming_tcp': not utp,
    'allow_multiple_connections_per_ip': True,
    'dht_bootstrap_nodes': f'127.0.0.1:{dht}' if dht not in (None, '0') else '', 'dht_restrict_routing_ips': False,
    'dht_restrict_search_ips': False, 'dht_prefer_verified_node_ids': False,
    'alert_mask': lt.alert.category_t.error_notification | lt.alert.category_t.status_notification | lt.alert.category_t.storage_notification,
})
if source.startswith('magnet:'):
    params = lt.parse_magnet_uri(source)
else:
    params = lt.add_torrent_params()
    params.ti = lt.torrent_info(source)
params.save_path = folder
params.flags &= ~lt.torrent_flags.auto_managed & ~lt.torrent_flags.paused
torrent = session.add_torrent(params)
for port in (word for word in more if word.isdigit()):
    torrent.connect_peer(('127.0.0.1', int(port)))
print('PORT', session.listen_port(), flush=True)
while True:
    session.wait_for_alert(500)
    # A node that did not answer at once is not asked again for long.
    if dht not in (None, '0'): session.add_dht_node(('127.0.0.1', int(dht)))
    if dht is not None: torrent.force_dht_announce()
    for alert in session.pop_alerts():
        if isinstance(alert, lt.torrent_finished_alert):
            if mode == 'seed': print('SEEDING', flush=True)
            else: torrent.flush_cache()
        elif isinstance(alert, lt.cache_flushed_alert) and torrent.status().is_seeding:
            print('DONE', flush=True)
        elif isinstance(alert, (lt.torrent_error_alert, lt.file_error_alert, lt.listen_failed_alert)):
            print('ERROR', alert.message(), file=sys.stderr, flush=True)
