#!/bin/sh
# WebRTC needs a binary that npm does not have, and nobody speaks it here: an empty stand-in does.
[ package.json -ot node_modules/.interop ] && exit 0
npm install --ignore-scripts --no-audit --no-fund --no-package-lock || exit 1
cat >node_modules/webrtc-polyfill/index.js <<'END'
class Nothing {}
export { Nothing as RTCPeerConnection, Nothing as RTCSessionDescription, Nothing as RTCIceCandidate, Nothing as RTCIceTransport };
export { Nothing as RTCDataChannel, Nothing as RTCSctpTransport, Nothing as RTCDtlsTransport, Nothing as RTCCertificate };
export { Nothing as MediaStream, Nothing as MediaStreamTrack, Nothing as MediaStreamTrackEvent, Nothing as RTCPeerConnectionIceEvent };
export { Nothing as RTCDataChannelEvent, Nothing as RTCTrackEvent, Nothing as RTCError, Nothing as RTCErrorEvent, Nothing as RTCRtpTransceiver };
export default {};
END
: >node_modules/.interop
