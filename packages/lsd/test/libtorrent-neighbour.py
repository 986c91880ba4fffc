"""A neighbour made of libtorrent on 127.0.0.1: libtorrent-neighbour.py INFO-HASH
It says PORT n when it listens, announces the torrent once by local service discovery, and connects to whom it finds by it."""
import sys
import libtorrent as lt

session = lt.session({
    'listen_interfaces': '127.0.0.1:0', 'enable_dht': False, 'enable_lsd': True, 'enable_upnp': False, 'enable_natpmp': False,
    'enable_outgoing_utp': False, 'out_enc_policy': lt.enc_policy.disabled,
})
params = lt.add_torrent_params()
params.info_hashes = lt.info_hash_t(lt.sha1_hash(bytes.fromhex(sys.argv[1])))
params.save_path = '/nonexistent'
params.flags &= ~lt.torrent_flags.auto_managed & ~lt.torrent_flags.paused
session.add_torrent(params)
while session.listen_port() == 0:
    session.wait_for_alert(50)
    session.pop_alerts()
print('PORT', session.listen_port(), flush=True)
sys.stdin.read()
