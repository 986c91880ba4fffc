"""Gives a running deluged one torrent file or magnet link: address, secret, source, data. Exit code 0 when it has taken it."""
import base64
import os
import sys

from deluge.ui.client import client
from twisted.internet import reactor

address, secret, source, data = sys.argv[1:]
code = 1


def add(_):
    options = {'download_location': data}
    if source.startswith('magnet:'):
        return client.core.add_torrent_magnet(source, options)
    with open(source, 'rb') as file:
        return client.core.add_torrent_file('case.torrent', base64.b64encode(file.read()), options)


def done(_):
    global code
    code = 0
    reactor.stop()


def failed(reason):
    print(reason)
    reactor.stop()


connected = client.connect(address, 58846, 'localclient', secret)
connected.addCallback(add).addCallbacks(done, failed)
reactor.run()
os._exit(code)
