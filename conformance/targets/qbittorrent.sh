#!/bin/sh
# qbittorrent-nox on one torrent or magnet link: source, data, port, a second torrent or nothing. It ends where its web interface finds no place, so each has an address of its own.
home=$(mktemp -d)
# The signal reaches the program too, because it goes to the whole group; a second one would hurry it.
trap 'wait "$pid"; rm -rf "$home"; exit' TERM INT
mkdir -p "$home/qBittorrent/config"
cat >"$home/qBittorrent/config/qBittorrent.conf" <<END
[BitTorrent]
Session\\BTProtocol=Both
Session\\DHTEnabled=false
Session\\LSDEnabled=false
Session\\PeXEnabled=true
Session\\Encryption=0
Session\\Port=$3
Session\\QueueingSystemEnabled=false
Session\\MultiConnectionsPerIp=true
Session\\DefaultSavePath=$2
Session\\SSRFMitigation=false
[LegalNotice]
Accepted=true
[Network]
PortForwardingEnabled=false
[Preferences]
WebUI\\Address=127.$(($3 / 256)).$(($3 % 256)).1
WebUI\\Port=38846
WebUI\\LocalHostAuth=false
WebUI\\UPnP=false
END
HOME=$home qbittorrent-nox --profile="$home" --save-path="$2" --skip-dialog=true "$1" ${4:+"$4"} &
pid=$!
wait "$pid"
code=$?
rm -rf "$home"
exit $code
