/** Server-sent events of the REST interface (`Accept: text/event-stream`). */

import { toJson } from './json.mjs';
import { Listener } from './listener.mjs';
import { formatPath } from './paths.mjs';

const KEEP_ALIVE_MS = 30000;
const MAX_UNREAD = 64 * 1024 * 1024;
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Send what is at `path` now and then every change of it, until the client goes or may no longer read. */
export function openStream(response, { namespace, path, query, identity }) {
  const first = namespace.read(path, query, identity); // throws before anything is sent
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache', connection: 'keep-alive' });
  const send = (event, data) => {
    response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
    if (response.writableLength > MAX_UNREAD) response.destroy(); // a client that reads too slowly must not fill our memory
  };
  const listener = new Listener(path, query, () => identity, {
    put: (place, node) => send('put', { path: formatPath(place), data: toJson(node) }),
    merge: (children) => {
      const data = Object.create(null);
      for (const [place, node] of children) data[place.join('/')] = toJson(node);
      send('patch', { path: '/', data });
    },
    cancelled: () => finish('cancel', null),
  });
  const keepAlive = setInterval(() => send('keep-alive', null), KEEP_ALIVE_MS);
  const expiry = setTimeout(() => finish('auth_revoked', 'credential is no longer valid'), Math.min(identity.expires - Date.now(), MAX_TIMER_MS));
  if (identity.expires === Infinity) clearTimeout(expiry);
  const stop = () => {
    clearInterval(keepAlive);
    clearTimeout(expiry);
    namespace.removeListener(listener);
  };
  function finish(event, data) {
    stop();
    send(event, data);
    response.end();
  }
  response.on('close', stop);
  send('put', { path: '/', data: toJson(first) });
  namespace.addListener(listener);
}
