"""A peer made of libtorrent on 127.0.0.1, without DHT, trackers or metadata: libtorrent-peer.py tcp|utp INFO-HASH [PEER-PORT]
It says PORT n when it listens, and PEX ip:port for each peer that it is connected to because peer exchange told of it."""
import sys
import threading
import libtorrent as lt

session = lt.session({
    'listen_interfaces': '127.0.0.1:0', 'enable_dht': False, 'enable_lsd': False, 'enable_upnp': False, 'enable_natpmp': False,
    'in_enc_policy': lt.enc_policy.disabled, 'out_enc_policy': lt.enc_policy.disabled,
    'enable_outgoing_utp': sys.argv[1] == 'utp', 'enable_incoming_utp': sys.argv[1] == 'utp',
    'enable_outgoing_tcp': sys.argv[1] == 'tcp', 'enable_incoming_tcp': sys.argv[1] == 'tcp', 'allow_multiple_connections_per_ip': True,
})
params = lt.add_torrent_params()
params.info_hashes = lt.info_hash_t(lt.sha1_hash(bytes.fromhex(sys.argv[2])))
params.save_path = '/nonexistent'
params.flags &= ~lt.torrent_flags.auto_managed & ~lt.torrent_flags.paused
torrent = session.add_torrent(params)
if len(sys.argv) > 3:
    torrent.connect_peer(('127.0.0.1', int(sys.argv[3])))
ended = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
while session.listen_port() == 0:
    session.wait_for_alert(50)
    session.pop_alerts()
print('PORT', session.listen_port(), flush=True)
told = set()
while not ended.wait(0.1):
    for peer in torrent.get_peer_info():
        if peer.source & lt.peer_info.pex and peer.ip not in told:
            told.add(peer.ip)
            print('PEX %s:%d' % peer.ip, flush=True)
