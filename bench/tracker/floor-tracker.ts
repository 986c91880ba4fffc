/** The least that Node can do: fixed answers of the same length, from `node:dgram` and `node:http`. */
import { createSocket } from 'node:dgram';
import { createServer } from 'node:http';

const port = Number(process.argv[2]);
const socket = createSocket({ type: 'udp4', recvBufferSize: 4 << 20, sendBufferSize: 4 << 20 });
socket.on('message', (question, from) => {
  const answer = Buffer.alloc(question.length === 16 ? 16 : 320);
  answer[3] = question.length === 16 ? 0 : 1;
  question.copy(answer, 4, 12, 16);
  socket.send(answer, from.port, from.address);
});
socket.bind(port, '127.0.0.1');
const body = Buffer.alloc(400, 97);
createServer((_request, response) => {
  response.writeHead(200, { 'content-type': 'text/plain', 'content-length': body.length });
  response.end(body);
}).listen(port, '127.0.0.1', () => console.log('READY'));
