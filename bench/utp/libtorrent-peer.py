#!/usr/bin/python3
"""make|send|receive IP PORT MIB: libtorrent with nothing but uTP, one torrent of random data on /dev/shm; it hashes and writes too.
Here the sender listens, as libtorrent's seeds seek no peers."""
import json, os, random, resource, sys, time
import libtorrent as lt

role, ip, port, mib = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
root = os.environ['BENCH_FOLDER']
name, torrent = f'{root}/seed/payload', f'{root}/payload.torrent'

if role == 'make':
    os.makedirs(f'{root}/seed', exist_ok=True)
    with open(name, 'wb') as out:
        for _ in range(mib): out.write(random.randbytes(1 << 20))
    files = lt.file_storage(); lt.add_files(files, name)
    made = lt.create_torrent(files, 1 << 18, lt.create_torrent.v1_only); lt.set_piece_hashes(made, f'{root}/seed')
    open(torrent, 'wb').write(lt.bencode(made.generate()))
    sys.exit()

def cpu():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime

session = lt.session({
    'listen_interfaces': f'{ip}:{port if role == "send" else port + 1}', 'outgoing_interfaces': ip,
    # The same socket buffers for all: with the kernel's own, bursts of any uTP overflow them on loopback.
    'recv_socket_buffer_size': 4 << 20, 'send_socket_buffer_size': 4 << 20,
    'enable_dht': False, 'enable_lsd': False, 'enable_upnp': False, 'enable_natpmp': False,
    'in_enc_policy': 2, 'out_enc_policy': 2, 'allow_multiple_connections_per_ip': True,
    'enable_outgoing_tcp': False, 'enable_incoming_tcp': False, 'enable_outgoing_utp': True, 'enable_incoming_utp': True,
})
wanted = lt.add_torrent_params()
wanted.ti = lt.torrent_info(torrent)
wanted.save_path = f'{root}/seed' if role == 'send' else f'{root}/{os.getpid()}'
wanted.flags = wanted.flags & ~lt.torrent_flags.auto_managed & ~lt.torrent_flags.paused
handle = session.add_torrent(wanted)
if role == 'send':
    while not handle.status().is_seeding: time.sleep(0.05)
    before = cpu()
    print('READY', flush=True)
    sys.stdin.read()
    print(json.dumps({'bytes': mib << 20, 'seconds': 0, 'cpu': cpu() - before, 'rss': 0}), flush=True)
else:
    handle.connect_peer((ip, port))
    started = 0
    while True:
        status = handle.status()
        if started == 0 and status.total_payload_download > 0: started, before = time.monotonic(), cpu()
        if status.is_seeding: break
        time.sleep(0.005)
    print(json.dumps({'bytes': mib << 20, 'seconds': time.monotonic() - started, 'cpu': cpu() - before, 'rss': resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}), flush=True)
os._exit(0)
