// A receiver of `format = "batch"`: returns a result for each event.
import { createServer } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';

// In memory to be short. Keep the ids where the effect is, written in one transaction with it.
const taken = new Map();

async function resultsOf(request) {
  const body = await buffer(request);
  const isGzip = request.headers['content-encoding'] === 'gzip';
  const { events } = JSON.parse(isGzip ? gunzipSync(body) : body);
  return events.map((event) => {
    const status = taken.has(event.event_id) ? 'duplicate' : 'success';
    taken.set(event.event_id, event);
    return { event_id: event.event_id, status };
  });
}

createServer((request, response) => {
  const answer = (status, body) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  resultsOf(request).then(
    (results) => answer(200, { results }),
    (error) => answer(500, { error: error.message }),
  );
}).listen(process.env.PORT ?? 8080, '127.0.0.1');
