"""The first DHT node (BEP 5) that others ask, and the one that a private torrent must not reach: it knows nobody and hears all."""
import os
import libtorrent as lt

session = lt.session({
    'listen_interfaces': ('[::]:' if os.environ['BT_BOOTSTRAP'].startswith('[') else '0.0.0.0:') + os.environ['BT_PORT'], 'enable_dht': True, 'dht_bootstrap_nodes': '',
    'enable_lsd': False, 'enable_upnp': False, 'enable_natpmp': False, 'enable_incoming_tcp': False,
    'dht_restrict_routing_ips': False, 'dht_restrict_search_ips': False, 'dht_ignore_dark_internet': False,
    'dht_enforce_node_id': False, 'dht_prefer_verified_node_ids': False,
    'alert_mask': lt.alert.category_t.error_notification | lt.alert.category_t.dht_notification,
})
while not session.is_dht_running():
    session.wait_for_alert(100)
    session.pop_alerts()
open(os.environ['BT_LOG'] + '/ready', 'w').close()
while True:
    session.wait_for_alert(1000)
    for alert in session.pop_alerts():
        print(alert.message(), flush=True)
