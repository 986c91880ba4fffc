#!/bin/sh
# qbittorrent-nox on one torrent or magnet link, without its web interface: source, data, port.
home=$(mktemp -d)
trap 'kill "$pid"; wait "$pid"; rm -rf "$home"; exit' TERM INT
mkdir -p "$home/qBittorrent/config"
cat >"$home/qBittorrent/config/qBittorrent.conf" <<END
[BitTorrent]
Session\\BTProtocol=TCP
Session\\DHTEnabled=false
Session\\LSDEnabled=false
Session\\PeXEnabled=true
Session\\Encryption=0
Session\\Port=$3
Session\\Interface=lo
Session\\QueueingSystemEnabled=false
Session\\MultiConnectionsPerIp=true
Session\\DefaultSavePath=$2
Session\\SSRFMitigation=false
[LegalNotice]
Accepted=true
[Network]
PortForwardingEnabled=false
[Preferences]
WebUI\\Enabled=false
END
HOME=$home qbittorrent-nox --profile="$home" --save-path="$2" --skip-dialog=true --add-paused=false "$1" &
pid=$!
wait "$pid"
code=$?
rm -rf "$home"
exit $code
