// A receiver of `format = "webhook"`: verifies the signature, takes each event once.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import { buffer } from 'node:stream/consumers';

const KEY = Buffer.from((process.env.HOOK_SECRET ?? '').replace(/^whsec_/, ''), 'base64');
if (KEY.length === 0) throw new Error('HOOK_SECRET is not set');
// In memory to be short. Keep the ids where the effect is, written in one transaction with it.
const taken = new Map();

function isSigned(headers, body) {
  const { 'webhook-id': id, 'webhook-timestamp': time, 'webhook-signature': given = '' } = headers;
  if (!(Math.abs(Date.now() / 1000 - Number(time)) <= 300)) return false;
  const sum = createHmac('sha256', KEY).update(`${id}.${time}.`).update(body).digest('base64');
  const wanted = Buffer.from(`v1,${sum}`);
  return given.split(' ').some((one) => {
    const signature = Buffer.from(one);
    return signature.length === wanted.length && timingSafeEqual(signature, wanted);
  });
}

createServer(async (request, response) => {
  const body = await buffer(request);
  if (!isSigned(request.headers, body)) return response.writeHead(401).end('signature refused');
  const id = request.headers['webhook-id'];
  if (!taken.has(id)) taken.set(id, body);
  response.writeHead(204).end();
}).listen(process.env.PORT ?? 8080, '127.0.0.1');
