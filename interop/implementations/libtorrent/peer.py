"""libtorrent-rasterbar through its Python binding, as a seeder or a leecher under the contract."""
import os
import sys
import time
import libtorrent as lt

env = os.environ
role, use = env['BT_ROLE'], env.get('BT_USE', '').split()
if role == 'version':
    print(lt.__version__)
    sys.exit(0)
if role not in ('seeder', 'leecher'):
    sys.exit(89)

encrypted = 'encryption' in use
category = lt.alert.category_t
settings = {
    'listen_interfaces': ('[::]:' if 'ipv6' in use else '0.0.0.0:') + env['BT_PORT'],
    'enable_dht': 'dht' in use, 'enable_lsd': 'lsd' in use, 'enable_upnp': False, 'enable_natpmp': False,
    'dht_bootstrap_nodes': env['BT_BOOTSTRAP'], 'dht_restrict_routing_ips': False, 'dht_restrict_search_ips': False,
    'dht_ignore_dark_internet': False, 'dht_enforce_node_id': False, 'dht_prefer_verified_node_ids': False,
    'in_enc_policy': 0 if encrypted else 2, 'out_enc_policy': 0 if encrypted else 2, 'allowed_enc_level': 3, 'prefer_rc4': True,
    'enable_incoming_tcp': 'tcp' in use, 'enable_outgoing_tcp': 'tcp' in use,
    'enable_incoming_utp': 'utp' in use, 'enable_outgoing_utp': 'utp' in use,
    'announce_to_all_trackers': True, 'allow_multiple_connections_per_ip': True,
    'alert_mask': category.error_notification | category.status_notification | category.storage_notification
    | category.dht_notification | category.peer_notification | category.tracker_notification,
}
if 'pex' in use:
    session = lt.session(settings)
else:
    session = lt.session(settings, 0)  # without the standard plug-ins: no ut_pex, and then the two others by hand
    for plugin in ('ut_metadata', 'smart_ban'):
        session.add_extension(plugin)

def bootstrapped():
    return any(isinstance(alert, lt.dht_bootstrap_alert) for alert in session.pop_alerts())


# What is asked before the DHT is up is asked again only a quarter of an hour later.
give_up = time.monotonic() + 15
while 'dht' in use and not bootstrapped() and time.monotonic() < give_up:
    session.wait_for_alert(200)
if env['BT_IN'].endswith('magnet.txt'):
    params = lt.parse_magnet_uri(open(env['BT_IN']).read().strip())
else:
    params = lt.add_torrent_params()
    params.ti = lt.torrent_info(env['BT_IN'])
params.save_path = env['BT_DATA']
params.flags &= ~lt.torrent_flags.auto_managed & ~lt.torrent_flags.paused
torrent = session.add_torrent(params)
# A limit of the whole session would not hold for peers in the same network.
torrent.set_upload_limit(1024 * int(env['BT_UP_RATE']) or -1)

while True:
    session.wait_for_alert(500)
    for alert in session.pop_alerts():
        print(alert.message())
        if isinstance(alert, lt.torrent_finished_alert):
            if role == 'seeder':
                open(env['BT_LOG'] + '/ready', 'w').close()
            else:
                torrent.flush_cache()
        elif isinstance(alert, lt.cache_flushed_alert) and role == 'leecher' and torrent.status().is_seeding:
            sys.exit(0)
        elif isinstance(alert, (lt.torrent_error_alert, lt.file_error_alert, lt.listen_failed_alert)):
            print('trouble:', alert.message(), file=sys.stderr)
