/** The REST verbs on data: `/some/path.json?ns=NAME`. */

import { identityOfRequest } from './auth.mjs';
import { badRequest, denied, Refusal } from './errors.mjs';
import { parseBody, toJson, toShallowJson } from './json.mjs';
import { nodeAt } from './node.mjs';
import { parseUrlPath } from './paths.mjs';
import { pushId } from './pushid.mjs';
import { queryFromParameters, select } from './query.mjs';
import { openStream } from './stream.mjs';

const TIMEOUT = /^\d+(ms|s|min)$/;
const SIZE_LIMITS = ['tiny', 'small', 'medium', 'large', 'unlimited'];

const etagOf = (node) => node?.hash ?? 'null_etag';
const wantsEtag = (headers) => headers['x-firebase-etag'] === 'true' || headers['if-none-match'] !== undefined;

/** Refuse parameters of no meaning before anything is done. */
function checkParameters(parameters, identity) {
  const print = parameters.get('print');
  if (print !== null && !['pretty', 'silent'].includes(print)) throw badRequest('print must be "pretty" or "silent"');
  const timeout = parameters.get('timeout');
  if (timeout !== null && !TIMEOUT.test(timeout)) throw badRequest('timeout must be a number with the unit ms, s or min');
  const limit = parameters.get('writeSizeLimit');
  if (limit !== null && !SIZE_LIMITS.includes(limit)) throw badRequest(`writeSizeLimit must be one of ${SIZE_LIMITS.join(', ')}`);
  if (!identity.admin && parameters.get('disableTriggers') === 'true') throw denied();
}

function answer(request, status, body, headers = {}) {
  const print = request.parameters.get('print');
  if (print === 'silent' && status === 200) return { status: 204, headers };
  return { status, headers, text: JSON.stringify(body, null, print === 'pretty' ? 2 : undefined) };
}

function taggedAnswer(request, node, body) {
  return answer(request, 200, body, wantsEtag(request.headers) ? { etag: etagOf(node) } : {});
}

function get(request, response) {
  const { namespace, path, identity, parameters, headers } = request;
  const shallow = parameters.get('shallow') === 'true';
  const query = shallow ? null : queryFromParameters(parameters);
  if (shallow && parameters.has('orderBy')) throw badRequest('shallow can not be combined with other query parameters');
  if (!namespace.mayRead(path, query, identity)) throw denied();
  const complaint = namespace.missingIndex(path, query);
  if (complaint !== null) throw badRequest(complaint);
  if ((headers.accept ?? '').includes('text/event-stream')) {
    openStream(response, { namespace, path, query, identity });
    return null;
  }
  const whole = nodeAt(namespace.root, path);
  const node = query === null ? whole : select(whole, query);
  if (headers['if-none-match'] !== undefined && headers['if-none-match'] === etagOf(node)) return { status: 304, headers: { etag: etagOf(node) } };
  if (shallow) return answer(request, 200, toShallowJson(node));
  const nothingSelected = node === null && whole !== null && !whole.isLeaf;
  return taggedAnswer(request, node, nothingSelected ? {} : toJson(node, { priorities: parameters.get('format') === 'export' }));
}

/** Write under `If-Match`: on a mismatch the answer holds what is there, for a caller that may read it. */
function putMatching(request, json) {
  const { namespace, path, identity, headers } = request;
  const silent = request.parameters.get('disableTriggers') === 'true';
  const wanted = headers['if-match'];
  if (wanted === undefined) return taggedAnswer(request, ...written(namespace.put(path, json, identity, { silent })));
  const current = nodeAt(namespace.root, path);
  if (!namespace.mayRead(path, null, identity)) throw denied();
  if (wanted !== etagOf(current)) return { status: 412, headers: { etag: etagOf(current) }, text: JSON.stringify(toJson(current)) };
  return taggedAnswer(request, ...written(namespace.put(path, json, identity, { silent })));
}

const written = (node) => [node, toJson(node)];

const VERBS = {
  GET: get,
  PUT: (request) => putMatching(request, parseBody(request.body)),
  DELETE: (request) => putMatching(request, null),
  POST: (request) => {
    const name = pushId();
    request.namespace.put([...request.path, name], parseBody(request.body), request.identity);
    return answer(request, 200, { name });
  },
  PATCH: (request) => {
    const silent = request.parameters.get('disableTriggers') === 'true';
    return answer(request, 200, request.namespace.merge(request.path, parseBody(request.body), request.identity, { silent }));
  },
};

/**
 * Answer a request for data.
 * @param {{method: string, urlPath: string, parameters: URLSearchParams, headers: object, body: string, namespace: object, project?: string}} request
 * @returns {{status: number, headers?: object, text?: string}|null} null when the response is a stream that goes on by itself
 */
export function answerData(request, response) {
  const { method, headers, parameters, namespace, project } = request;
  const verb = Object.hasOwn(VERBS, method) ? VERBS[method] : undefined;
  if (verb === undefined) throw new Refusal(405, 'Method not allowed');
  const path = parseUrlPath(request.urlPath.slice(0, -'.json'.length));
  const identity = identityOfRequest(headers, parameters, { namespace: namespace.name, project });
  checkParameters(parameters, identity);
  if (headers['if-match'] !== undefined && !['PUT', 'DELETE'].includes(method)) {
    throw badRequest('Conditional requests are only supported with PUT and DELETE.');
  }
  return verb({ ...request, path, identity }, response);
}
