/** The WebSocket protocol of the official client SDKs: frames and messages of one connection. */

import { randomBytes } from 'node:crypto';
import { WebSocketServer } from 'ws';

import { namespaceName } from './http.mjs';
import { Session } from './session.mjs';

const FRAME_CHARACTERS = 16384;
const MAX_MESSAGE = 32 * 1024 * 1024;
const MAX_FRAMES = 9999;
const MAX_UNREAD = 64 * 1024 * 1024;
const PING_MS = 30000;

/** Split a long message into frames, never inside a surrogate pair. */
export function framesOf(text) {
  if (text.length <= FRAME_CHARACTERS) return [text];
  const frames = [];
  for (let from = 0; from < text.length; ) {
    let to = Math.min(from + FRAME_CHARACTERS, text.length);
    const code = text.charCodeAt(to - 1);
    if (to < text.length && code >= 0xd800 && code <= 0xdbff) to -= 1;
    frames.push(text.slice(from, to));
    from = to;
  }
  return [String(frames.length), ...frames];
}

/** Joins the frames of a client's messages. */
class Assembler {
  constructor() {
    this.missing = 0;
    this.parts = [];
    this.size = 0;
  }

  /** The message that this frame completes, or null. */
  add(frame) {
    if (this.missing === 0) {
      if (!/^\d{1,6}$/.test(frame)) return frame;
      this.missing = Number(frame); // 0 is a keep-alive
      if (this.missing > MAX_FRAMES) throw new RangeError('too many frames');
      return null;
    }
    this.parts.push(frame);
    this.size += frame.length;
    if (this.size > MAX_MESSAGE) throw new RangeError('message too large');
    this.missing -= 1;
    if (this.missing > 0) return null;
    const message = this.parts.join('');
    this.parts = [];
    this.size = 0;
    return message;
  }
}

function serve(socket, request, namespace, { project, log }) {
  const send = (message) => {
    if (socket.readyState !== socket.OPEN) return;
    for (const frame of framesOf(JSON.stringify(message))) socket.send(frame);
    if (socket.bufferedAmount > MAX_UNREAD) socket.terminate(); // a client that reads too slowly must not fill our memory
  };
  const session = new Session(namespace, project, (data) => send({ t: 'd', d: data }));
  const assembler = new Assembler();
  let alive = true;
  const ping = setInterval(() => {
    if (!alive) {
      socket.terminate();
      return;
    }
    alive = false;
    socket.ping();
  }, PING_MS);
  socket.on('pong', () => {
    alive = true;
  });
  socket.on('message', (data, binary) => {
    alive = true;
    try {
      if (binary) throw new TypeError('binary frame');
      const text = assembler.add(data.toString('utf8'));
      if (text === null) return;
      const message = JSON.parse(text);
      if (message.t === 'd') session.handle(message.d);
      else if (message.t === 'c' && message.d?.t === 'p') send({ t: 'c', d: { t: 'o', d: null } });
    } catch (error) {
      log(`WebSocket of ${namespace.name} closed: ${error.message}`);
      socket.close(1008);
    }
  });
  socket.on('error', (error) => log(`WebSocket of ${namespace.name}: ${error.message}`));
  socket.on('close', () => {
    clearInterval(ping);
    session.end();
  });
  const handshake = { ts: Date.now(), v: '5', h: request.headers.host ?? '', s: randomBytes(16).toString('base64url') };
  send({ t: 'c', d: { t: 'h', d: handshake } });
}

/** Accept WebSockets at `/.ws` of an HTTP server. Returns the function that closes them all. */
export function acceptWebSockets(server, context) {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE });
  server.on('upgrade', (request, socket, head) => {
    const url = new URL(request.url, 'http://database');
    const name = namespaceName(url.searchParams, request.headers.host);
    let namespace;
    try {
      if (url.pathname !== '/.ws' || name === null) throw new TypeError('no such place');
      namespace = context.databases.get(name);
    } catch {
      socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
      return;
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) => serve(webSocket, request, namespace, context));
  });
  return () => {
    for (const socket of sockets.clients) socket.close(1001);
  };
}
