"""libtorrent behind a driver: one JSON object a line in, one out. One session a job, so that no case meets another's state."""
import json
import sys
import threading
import time

try:
    import libtorrent
except ImportError:
    libtorrent = None

ROLES = ['leecher', 'seeder', 'peer', 'magnet', 'reader']
jobs = {}
# Questions are answered at the same time, lines are written one after the other.
writing = threading.Lock()
# Seconds that a tracker has to answer that a torrent has stopped.
FAREWELL = 1.0


def session_at(port):
    return libtorrent.session({
        'listen_interfaces': f'127.0.0.1:{port}',
        'enable_dht': False,
        'enable_lsd': False,
        'enable_upnp': False,
        'enable_natpmp': False,
        'allow_multiple_connections_per_ip': True,
        'min_reconnect_time': 1,
        'peer_connect_timeout': 5,
        'alert_mask': libtorrent.alert.category_t.error_notification
        | libtorrent.alert.category_t.status_notification
        | libtorrent.alert.category_t.tracker_notification,
    })


def start(job):
    if libtorrent is None or job['role'] not in ROLES:
        return {'unsupported': True}
    session = session_at(job['port'])
    if job.get('magnet'):
        parameters = libtorrent.parse_magnet_uri(job['magnet'])
    else:
        parameters = libtorrent.add_torrent_params()
        try:
            parameters.ti = libtorrent.torrent_info(job['torrent'])
        except RuntimeError as error:
            # A torrent that it refuses to read: it runs, and does nothing with it.
            jobs[job['id']] = (session, None)
            return {'ok': True, 'handle': job['id'], 'port': job['port'], 'refused': str(error)}
    parameters.save_path = job['folder']
    if job.get('tracker'):
        parameters.trackers = [job['tracker']]
    jobs[job['id']] = (session, session.add_torrent(parameters))
    return {'ok': True, 'handle': job['id'], 'port': session.listen_port()}


def say_goodbye(session, handle):
    """Lets the trackers hear that it stops: a session that ends at once now and then takes back what it was about to send."""
    session.pop_alerts()
    handle.pause()
    told = heard = 0
    paused = False
    until = time.monotonic() + FAREWELL
    while time.monotonic() < until and not (paused and told <= heard):
        session.wait_for_alert(50)
        for alert in session.pop_alerts():
            told += isinstance(alert, libtorrent.tracker_announce_alert) and int(alert.event) == 3
            heard += isinstance(alert, (libtorrent.tracker_reply_alert, libtorrent.tracker_error_alert))
            paused = paused or isinstance(alert, libtorrent.torrent_paused_alert)


def stop(question):
    session, handle = jobs.pop(question['handle'])
    if handle is not None:
        say_goodbye(session, handle)
        session.remove_torrent(handle)
    # The session ends, and its sockets are closed, when nothing refers to it any more.
    del handle, session
    return {'ok': True}


def status(question):
    _, handle = jobs[question['handle']]
    if handle is None:
        return {'ok': True, 'state': 'refused'}
    now = handle.status()
    return {'ok': True, 'state': str(now.state), 'progress': now.progress, 'peers': now.num_peers}


def answer(question):
    verb = question['verb']
    if verb == 'caps':
        if libtorrent is None:
            return {'error': 'libtorrent is not installed for Python'}
        return {'ok': True, 'version': libtorrent.version, 'roles': ROLES}
    verbs = {'start': start, 'stop': stop, 'status': status}
    return verbs[verb](question) if verb in verbs else {'unsupported': True}


def reply(asked):
    try:
        said = answer(asked)
    except Exception as error:  # whatever it is, the suite wants to know
        said = {'error': f'{type(error).__name__}: {error}'}
    with writing:
        print(json.dumps({'id': asked['id'], **said}), flush=True)


for line in sys.stdin:
    threading.Thread(target=reply, args=(json.loads(line),), daemon=True).start()
