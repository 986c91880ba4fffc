#!/bin/sh
# qbittorrent-nox: set up by its file of settings, given a torrent on its command line, asked over its web interface.
[ "$BT_ROLE" = version ] && { HOME=/tmp qbittorrent-nox --version | sed 's/^qBittorrent v//'; exit; }
case "$BT_ROLE" in seeder | leecher) ;; *) exit 89 ;; esac
uses() { case " $BT_USE " in *" $1 "*) echo true ;; *) echo false ;; esac }
transport=TCP
[ "$(uses utp)" = true ] && transport=UTP
encryption=2
[ "$(uses encryption)" = true ] && encryption=1
[ -z "$BT_BOOTSTRAP" ] && nodes= || nodes="Session\\DHTBootstrapNodes=$BT_BOOTSTRAP"
# Names of files are written as the locale says.
export HOME=$BT_STATE LC_ALL=C.UTF-8
mkdir -p "$BT_STATE/qBittorrent/config"
cat >"$BT_STATE/qBittorrent/config/qBittorrent.conf" <<END
[BitTorrent]
Session\\BTProtocol=$transport
Session\\DHTEnabled=$(uses dht)
Session\\LSDEnabled=$(uses lsd)
Session\\PeXEnabled=$(uses pex)
Session\\Encryption=$encryption
Session\\Port=$BT_PORT
Session\\QueueingSystemEnabled=false
Session\\MultiConnectionsPerIp=true
Session\\DefaultSavePath=$BT_DATA
Session\\UseRandomPort=false
Session\\GlobalUPSpeedLimit=$BT_UP_RATE
Session\\IgnoreLimitsOnLAN=false
Session\\SSRFMitigation=false
$nodes
[LegalNotice]
Accepted=true
[Network]
PortForwardingEnabled=false
[Preferences]
WebUI\\Port=8080
WebUI\\Address=127.0.0.1
WebUI\\LocalHostAuth=false
WebUI\\UPnP=false
END
source=$BT_IN
case "$source" in *magnet.txt) source=$(cat "$source") ;; esac
started=--add-paused=false
qbittorrent-nox --help | grep -q add-stopped && started=--add-stopped=false
qbittorrent-nox --profile="$BT_STATE" --save-path="$BT_DATA" --skip-dialog=true "$started" "$source" >"$BT_LOG/qbittorrent.log" 2>&1 &
pid=$!
# Complete, and no longer checking or moving anything.
done_now() { curl -s http://127.0.0.1:8080/api/v2/torrents/info | grep -Eq '"state":"(uploading|stalledUP|forcedUP|queuedUP|pausedUP|stoppedUP)"'; }
until done_now; do
  kill -0 "$pid" 2>/dev/null || exit 1
  sleep 0.5
done
if [ "$BT_ROLE" = seeder ]; then
  : >"$BT_LOG/ready"
  wait "$pid"
else
  kill "$pid"
  wait "$pid"
  exit 0
fi
