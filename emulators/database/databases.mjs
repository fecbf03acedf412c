/** All databases of the process, and their way to the disk and back. */

import { createHash } from 'node:crypto';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';

import { badRequest } from './errors.mjs';
import { Journal } from './journal.mjs';
import { toJson } from './json.mjs';
import { Namespace } from './namespace.mjs';
import { formatPath, parsePath } from './paths.mjs';

const MAX_NAMESPACES = 1000;
const NAME = /^[a-z0-9][a-z0-9-]{0,99}$/;

function listen(server, socketPath) {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(socketPath, resolve);
  });
}

function answers(socketPath) {
  return new Promise((resolve) => {
    const probe = net.connect(socketPath, () => {
      probe.destroy();
      resolve(true);
    });
    probe.on('error', () => resolve(false));
  });
}

/** Hold the folder for this process: a socket that answers while its owner lives, and that a killed owner cannot leave locked. */
export async function lockFolder(folder) {
  fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
  const id = createHash('sha1').update(fs.realpathSync(folder)).digest('hex').slice(0, 20);
  const socketPath = path.join(os.tmpdir(), `plazza-database-${id}.sock`);
  const server = net.createServer((socket) => socket.destroy());
  try {
    await listen(server, socketPath);
  } catch (error) {
    if (error.code !== 'EADDRINUSE') throw error;
    if (await answers(socketPath)) throw new Error(`The data folder ${folder} is in use by another process.`);
    fs.rmSync(socketPath, { force: true }); // its owner was killed
    await listen(server, socketPath);
  }
  server.unref();
  return server;
}

/** The databases by name; one comes to be when it is first asked for. */
export class Databases {
  /** @param {{folder?: string, onCommit?: Function, compactBytes?: number}} options without a folder data is kept in memory only */
  constructor({ folder, onCommit, compactBytes } = {}) {
    /** @type {Map<string, Namespace>} */
    this.namespaces = new Map();
    this.hooks = { onCommit };
    this.journal = null;
    if (folder !== undefined) {
      this.journal = new Journal(folder, { compactBytes });
      this.journal.open((record) => this.restore(record));
      this.hooks.recordData = (ns, w) => this.record({ ns, w });
      this.hooks.recordRules = (ns, rules) => this.record({ ns, rules });
    }
  }

  get(name) {
    let namespace = this.namespaces.get(name);
    if (namespace === undefined) {
      if (!NAME.test(name)) throw badRequest(`Invalid namespace ${JSON.stringify(name)}.`);
      if (this.namespaces.size >= MAX_NAMESPACES) throw badRequest(`More than ${MAX_NAMESPACES} namespaces.`);
      namespace = new Namespace(name, this.hooks);
      this.namespaces.set(name, namespace);
    }
    return namespace;
  }

  restore({ ns, w = [], rules }) {
    const namespace = this.get(ns);
    if (rules !== undefined) namespace.restoreRules(rules);
    for (const [place, json] of w) namespace.restoreData(parsePath(place), json);
  }

  record(record) {
    if (this.journal.wantsSnapshot) this.journal.compact(this.records());
    this.journal.append(record);
  }

  /** The whole state as records, each of one child of a root: a snapshot never needs one huge string. */
  *records() {
    const form = { priorities: true, arrays: false };
    for (const { name: ns, root, rules, hasOwnRules } of this.namespaces.values()) {
      if (hasOwnRules) yield { ns, rules: rules.text };
      if (root === null) continue;
      if (root.isLeaf || root.priority !== null) yield { ns, w: [['/', toJson(root, form)]] };
      else for (const [key, child] of root.children) yield { ns, w: [[formatPath([key]), toJson(child, form)]] };
    }
  }

  close() {
    this.journal?.close();
  }
}
