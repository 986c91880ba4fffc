"""
The first nodes of a DHT (BEP 5): the one that others ask, unless it is ferro's, and a dozen more, as some programs do not search
before they know so many. None knows anybody but the first, and all hear what a private torrent must not tell.
"""
import os
import libtorrent as lt

ANY = '[::]:' if os.environ['BT_BOOTSTRAP'].startswith('[') else '0.0.0.0:'


def node(port, bootstrap):
    return lt.session({
        'listen_interfaces': ANY + port, 'enable_dht': True, 'dht_bootstrap_nodes': bootstrap,
        'enable_lsd': False, 'enable_upnp': False, 'enable_natpmp': False, 'enable_incoming_tcp': False,
        'dht_restrict_routing_ips': False, 'dht_restrict_search_ips': False, 'dht_ignore_dark_internet': False,
        'dht_enforce_node_id': False, 'dht_prefer_verified_node_ids': False,
        'alert_mask': lt.alert.category_t.error_notification | lt.alert.category_t.dht_notification,
    })


nodes = [] if os.environ['NODE_KIND'] == 'ferro' else [node(os.environ['BT_PORT'], '')]
for address in os.environ['BT_NODES'].split():
    nodes.append(node(address.rsplit(':', 1)[1], os.environ['BT_BOOTSTRAP']))
while not all(one.is_dht_running() for one in nodes):
    nodes[-1].wait_for_alert(100)
    nodes[-1].pop_alerts()
open(os.environ['BT_LOG'] + '/ready', 'w').close()
while True:
    nodes[0].wait_for_alert(1000)
    for alert in nodes[0].pop_alerts():
        print(alert.message(), flush=True)
    for other in nodes[1:]:
        other.pop_alerts()
