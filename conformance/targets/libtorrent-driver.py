"""libtorrent behind a driver: one JSON object a line in, one out. A process and a session a job, so that no case meets another's state or its crash."""
import json
import os
import signal
import sys
import threading
import time

try:
    import libtorrent
except ImportError:
    libtorrent = None

ROLES = ['leecher', 'seeder', 'peer', 'magnet', 'reader']
# Seconds that a tracker has to answer that a torrent has stopped.
FAREWELL = 1.0
# Seconds that a session has to enter the DHT.
BOOTSTRAP = 5.0
# Lines are written one after the other.
writing = threading.Lock()
# Processes that run.
jobs = set()


def session_at(ip, port, bootstrap):
    category = libtorrent.alert.category_t
    return libtorrent.session({
        'listen_interfaces': f'{ip}:{port},[::1]:{port}',
        'enable_dht': bool(bootstrap),
        'dht_bootstrap_nodes': bootstrap,
        'enable_lsd': False,
        'enable_upnp': False,
        'enable_natpmp': False,
        'allow_multiple_connections_per_ip': True,
        'min_reconnect_time': 1,
        'peer_connect_timeout': 5,
        # With more than one, a block that failed its hash is now and then written after the one that replaced it.
        'aio_threads': 1,
        'alert_mask': category.error_notification | category.status_notification | category.tracker_notification
        | category.dht_notification,
    })


def await_dht(session):
    """What is added before the DHT is there waits for its turn, and that comes every quarter of an hour."""
    until = time.monotonic() + BOOTSTRAP
    while time.monotonic() < until:
        session.wait_for_alert(50)
        if any(isinstance(alert, libtorrent.dht_bootstrap_alert) for alert in session.pop_alerts()):
            return


def parameters_of(job):
    """A magnet link or a torrent, and perhaps a second one."""
    if job.get('magnet'):
        return [libtorrent.parse_magnet_uri(job['magnet'])]
    several = []
    for path in filter(None, [job['torrent'], job.get('also')]):
        parameters = libtorrent.add_torrent_params()
        parameters.ti = libtorrent.torrent_info(path)
        several.append(parameters)
    return several


def run(job, ready):
    """The whole life of a job, in a process of its own."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    session = session_at(job['ip'], job['port'], job.get('bootstrap') or '')
    if job.get('bootstrap'):
        await_dht(session)
    try:
        several = parameters_of(job)
    except RuntimeError:
        # A torrent that it refuses to read: it runs, and does nothing with it.
        several = []
    handles = []
    for parameters in several:
        parameters.save_path = job['folder']
        if job.get('tracker'):
            parameters.trackers = [job['tracker']]
        handles.append(session.add_torrent(parameters))
    os.write(ready, str(session.listen_port()).encode())
    os.close(ready)
    driver = os.getppid()
    # Until it is told to stop, or nobody is left to tell it.
    while signal.sigtimedwait({signal.SIGTERM}, 1) is None and os.getppid() == driver:
        pass
    if handles:
        say_goodbye(session, handles)


def say_goodbye(session, handles):
    """Lets the trackers hear that it stops: a session that ends at once now and then takes back what it was about to send."""
    session.pop_alerts()
    for handle in handles:
        handle.pause()
    told = heard = paused = 0
    until = time.monotonic() + FAREWELL
    while time.monotonic() < until and not (paused >= len(handles) and told <= heard):
        session.wait_for_alert(50)
        for alert in session.pop_alerts():
            told += isinstance(alert, libtorrent.tracker_announce_alert) and int(alert.event) == 3
            heard += isinstance(alert, (libtorrent.tracker_reply_alert, libtorrent.tracker_error_alert))
            paused += isinstance(alert, libtorrent.torrent_paused_alert)


def start(job):
    if job['role'] not in ROLES:
        return {'unsupported': True}
    heard, ready = os.pipe()
    child = os.fork()
    if child == 0:
        # What the suite says is for the driver, and the suite waits for the end of what the driver says.
        os.close(heard)
        os.close(0)
        os.close(1)
        try:
            run(job, ready)
        finally:
            os._exit(0)
    jobs.add(child)
    os.close(ready)
    with os.fdopen(heard, 'rb') as pipe:
        port = pipe.read()
    if not port:
        return {'error': 'libtorrent has ended while it started'}
    return {'ok': True, 'handle': child, 'port': int(port)}


def stop(question):
    os.kill(question['handle'], signal.SIGTERM)
    os.waitpid(question['handle'], 0)
    jobs.discard(question['handle'])
    return {'ok': True}


def answer(question):
    if question['verb'] == 'caps':
        if libtorrent is None:
            return {'error': 'libtorrent is not installed for Python'}
        return {'ok': True, 'version': libtorrent.version, 'roles': ROLES, 'several': True}
    verbs = {'start': start, 'stop': stop}
    verb = verbs.get(question['verb'])
    return {'unsupported': True} if verb is None else verb(question)


def reply(asked):
    try:
        said = answer(asked)
    except Exception as error:  # whatever it is, the suite wants to know
        said = {'error': f'{type(error).__name__}: {error}'}
    with writing:
        print(json.dumps({'id': asked['id'], **said}), flush=True)


stopping = []
for line in sys.stdin:
    asked = json.loads(line)
    if asked['verb'] == 'stop':
        # The end takes a while, and others start meanwhile.
        stopping.append(threading.Thread(target=reply, args=(asked,)))
        stopping[-1].start()
    else:
        reply(asked)
for thread in stopping:
    thread.join()
for child in jobs:
    os.kill(child, signal.SIGKILL)
