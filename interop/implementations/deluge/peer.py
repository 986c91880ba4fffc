"""deluged, told by its own RPC client what to do, and asked how it goes: one connection, as its console takes seconds to start."""
import base64
import json
import os
import subprocess
import sys

env = os.environ
role, use, state = env['BT_ROLE'], env.get('BT_USE', '').split(), env.get('BT_STATE', '/tmp')
os.environ['HOME'] = state
if role == 'version':
    print(subprocess.run(['deluged', '--version'], capture_output=True, text=True).stdout.split()[1])
    sys.exit(0)
if role not in ('seeder', 'leecher') or 'tcp' not in use:
    sys.exit(89)

from deluge.configmanager import set_config_dir
from deluge.error import AddTorrentError
from deluge.ui.client import client
from twisted.internet import defer, reactor, task

ENCRYPTION = 0 if 'encryption' in use else 2
RATE = float(env['BT_UP_RATE']) or -1.0
PORT = int(env['BT_PORT'])
BETWEEN_S = 0.3
config = state + '/config'
os.makedirs(config, exist_ok=True)
with open(config + '/core.conf', 'w') as file:
    file.write('{ "file": 1, "format": 1 }' + json.dumps({
        'download_location': env['BT_DATA'], 'listen_ports': [PORT, PORT], 'listen_random_port': None, 'random_port': False,
        'random_outgoing_ports': True, 'dht': 'dht' in use, 'lsd': 'lsd' in use, 'utpex': 'pex' in use, 'upnp': False, 'natpmp': False,
        'enc_in_policy': ENCRYPTION, 'enc_out_policy': ENCRYPTION, 'enc_level': 2, 'max_upload_speed': RATE,
        'max_upload_speed_per_torrent': RATE, 'rate_limit_ip_overhead': False, 'ignore_limits_on_local_network': False,
        'new_release_check': False, 'send_info': False,
    }))
# Left by a life that was killed; the number in it means nothing in this container.
if os.path.exists(config + '/deluged.pid'):
    os.remove(config + '/deluged.pid')
set_config_dir(config)
daemon = subprocess.Popen(['deluged', '--do-not-daemonize', '--config', config, '--loglevel', 'info', '--logfile', env['BT_LOG'] + '/deluged.log'])


def pause():
    if daemon.poll() is not None:
        raise SystemExit('deluged has ended')
    return task.deferLater(reactor, BETWEEN_S, lambda: None)


@defer.inlineCallbacks
def connect():
    while True:
        try:
            # Its name and password are in the folder of settings, once the daemon has written them.
            yield client.connect()
            return
        except Exception:
            yield pause()


@defer.inlineCallbacks
def play():
    yield connect()
    options = {'download_location': env['BT_DATA'], 'add_paused': False}
    source = env['BT_IN']
    try:
        if source.endswith('magnet.txt'):
            yield client.core.add_torrent_magnet(open(source).read().strip(), options)
        else:
            content = base64.b64encode(open(source, 'rb').read())
            yield client.core.add_torrent_file(os.path.basename(source), content, options)
    except AddTorrentError as error:
        # It has it from an earlier life.
        if 'already' not in str(error):
            raise
    while True:
        torrents = yield client.core.get_torrents_status({}, ['state', 'progress', 'is_finished'])
        if torrents and all(one['state'] == 'Seeding' for one in torrents.values()):
            break
        # After a kill its torrents are paused: it wrote them down when they were new, and new ones begin so.
        if any(one['state'] == 'Paused' for one in torrents.values()):
            yield client.core.resume_torrents(list(torrents))
        yield pause()
    if role == 'seeder':
        open(env['BT_LOG'] + '/ready', 'w').close()
    else:
        daemon.terminate()
        daemon.wait()
        os._exit(0)


def failed(failure):
    failure.printTraceback()
    daemon.kill()
    os._exit(1)


reactor.callWhenRunning(lambda: play().addErrback(failed))
reactor.run()
