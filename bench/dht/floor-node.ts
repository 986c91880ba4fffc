/** The least that a Node.js program does for an answer: a fixed one, over dgram; prints READY. */
import { createSocket } from 'node:dgram';

const answer = Buffer.from('d1:rd2:id20:aaaaaaaaaaaaaaaaaaaae1:t4:aaaa1:y1:re');
const socket = createSocket({ type: 'udp4', recvBufferSize: 4 << 20, sendBufferSize: 4 << 20 });
socket.on('message', (question, from) => {
  const bytes = Buffer.from(answer);
  question.copy(bytes, 38, question.length - 11, question.length - 7);
  socket.send(bytes, from.port, from.address);
});
socket.bind(Number(process.argv[2]), '127.0.0.1', () => console.log('READY'));
