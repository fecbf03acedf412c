/** The HTTP side: finds the namespace, reads the body within its bound, and routes to data, settings and inspection. */

import { identityOfRequest } from './auth.mjs';
import { badRequest, denied, Refusal } from './errors.mjs';
import { parseBody } from './json.mjs';
import { answerData } from './rest.mjs';
import { OPEN_RULES } from './rules.mjs';

const MAX_BODY = 16 * 1024 * 1024;
const MAX_IMPORT = 256 * 1024 * 1024;
const SETTINGS = { '/.settings/rules.json': answerRules, '/.settings/functionTriggers.json': answerTriggers, '/.inspect/databases.json': answerInspect };

/** The namespace that a request names: `?ns=` or the first label of the host. */
export function namespaceName(parameters, host = '') {
  const name = parameters.get('ns');
  if (name) return name;
  const labels = host.replace(/:\d+$/, '').split('.');
  return labels.length > 1 && !/^\d+$/.test(labels.at(-1)) ? labels[0] : null;
}

async function readBody(request, limit) {
  const parts = [];
  let size = 0;
  for await (const part of request) {
    size += part.length;
    if (size <= limit) parts.push(part);
    else parts.length = 0;
  }
  if (size > limit) throw new Refusal(400, `Data to write exceeds the maximum size of ${limit} bytes that can be modified with a single request.`);
  const body = Buffer.concat(parts);
  const text = body.toString('utf8');
  if (text.includes('\ufffd') && !Buffer.from(text).equals(body)) throw badRequest('Invalid data; the body is not valid UTF-8.');
  return text;
}

function corsHeaders(request) {
  return {
    'access-control-allow-origin': request.headers.origin ?? '*',
    'access-control-allow-methods': 'GET, PUT, POST, PATCH, DELETE, OPTIONS',
    'access-control-allow-headers': request.headers['access-control-request-headers'] ?? 'authorization, content-type, if-match, x-firebase-etag',
    'access-control-expose-headers': 'ETag',
  };
}

const json = (body) => ({ status: 200, text: JSON.stringify(body) });

function answerRules({ method, body, namespace }) {
  if (method === 'GET') return { status: 200, text: namespace.hasOwnRules ? namespace.rules.text : OPEN_RULES };
  if (method !== 'PUT') throw new Refusal(405, 'Method not allowed');
  namespace.setRules(body);
  return json({ status: 'ok' });
}

function answerTriggers({ method, body, name, triggers }) {
  if (method === 'GET') return json({ functionTriggers: triggers.list() });
  if (method === 'POST') return json(triggers.add(parseBody(body), name ?? undefined));
  if (method === 'PUT') return json(triggers.replace(parseBody(body), name ?? undefined));
  throw new Refusal(405, 'Method not allowed');
}

function answerInspect({ method, databases }) {
  if (method !== 'GET') throw new Refusal(405, 'Method not allowed');
  return json([...databases.namespaces.keys()].map((name) => ({ name })));
}

function requireNamespace(databases, name) {
  if (name === null) throw badRequest('Please specify a namespace: add ?ns=NAME to the URL.');
  return databases.get(name);
}

/** Route one request; the answer is null when the response goes on by itself. */
async function route(request, response, context) {
  const url = new URL(request.url, 'http://database');
  const parameters = url.searchParams;
  const name = namespaceName(parameters, request.headers.host);
  const override = request.headers['x-http-method-override'] ?? parameters.get('x-http-method-override');
  const method = (request.method === 'POST' && override ? override : request.method).toUpperCase();
  const { databases, project } = context;
  const admin = () => identityOfRequest(request.headers, parameters, { namespace: name ?? '', project }).admin;
  const unlimited = parameters.get('writeSizeLimit') === 'unlimited' && admin();
  const body = await readBody(request, unlimited ? MAX_IMPORT : MAX_BODY);
  const settings = Object.hasOwn(SETTINGS, url.pathname) ? SETTINGS[url.pathname] : undefined;
  if (settings !== undefined) {
    if (!admin()) throw denied();
    const namespace = settings === answerRules ? requireNamespace(databases, name) : null;
    return settings({ ...context, method, body, name, namespace });
  }
  if (url.pathname === '/' && method === 'GET') return { status: 200, text: 'Ok\n', type: 'text/plain' };
  if (!url.pathname.endsWith('.json')) throw new Refusal(404, 'append .json to your request URI to use the REST API.');
  const namespace = requireNamespace(databases, name);
  return answerData({ method, urlPath: url.pathname, parameters, headers: request.headers, body, namespace, project }, response);
}

/**
 * The request handler of the server.
 * @param {{databases: import('./databases.mjs').Databases, triggers: import('./triggers.mjs').Triggers, project?: string, log: Function}} context
 */
export function requestHandler(context) {
  return async (request, response) => {
    for (const [name, value] of Object.entries(corsHeaders(request))) response.setHeader(name, value);
    let answer;
    try {
      answer = request.method === 'OPTIONS' ? { status: 204 } : await route(request, response, context);
    } catch (error) {
      if (request.destroyed && !request.complete) return;
      if (!(error instanceof Refusal)) context.log(`${request.method} ${request.url.split('?')[0]}: ${error.stack}`);
      const refusal = error instanceof Refusal ? error : new Refusal(500, 'Internal server error.');
      answer = { status: refusal.status, text: JSON.stringify({ error: refusal.message }) };
    }
    if (answer === null) return;
    const { status, headers = {}, text = '', type = 'application/json; charset=utf-8' } = answer;
    const length = status === 204 || status === 304 ? {} : { 'content-type': type, 'content-length': Buffer.byteLength(text) };
    response.writeHead(status, { 'cache-control': 'no-cache', ...headers, ...length });
    response.end(length['content-length'] === undefined ? undefined : text);
  };
}
