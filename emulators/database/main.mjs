/**
 * A stand-in for the Realtime Database emulator, for machines that cannot download the official one.
 *
 *   node main.mjs --host H --port P [--functions_emulator_host H --functions_emulator_port P] [--data DIR]
 *
 * PLAZZA_DATABASE_DATA names the data folder too; with neither, data is kept in memory. PLAZZA_EXIT_WITH_STDIN=1 ends the
 * process when its standard input closes, PLAZZA_EXIT_WITH_PARENT=1 when its parent is gone (the Firebase CLI starts it
 * detached and with its own standard input). Flags that it does not know are left aside, as the CLI passes more.
 */

import http from 'node:http';
import process from 'node:process';

import { Databases, lockFolder } from './databases.mjs';
import { Delivery } from './delivery.mjs';
import { requestHandler } from './http.mjs';
import { Triggers } from './triggers.mjs';
import { acceptWebSockets } from './websocket.mjs';

const GOODBYE_MS = 2000;
const PARENT_CHECK_MS = 500;

const log = (line) => console.error(line);

/** Flags as an object: `--name value` and `--name=value`; a flag without a value is "true". */
export function parseFlags(args) {
  const flags = {};
  for (let i = 0; i < args.length; i += 1) {
    const match = /^--([^=]+)(?:=(.*))?$/s.exec(args[i]);
    if (match === null) continue;
    const next = args[i + 1];
    if (match[2] !== undefined) flags[match[1]] = match[2];
    else if (next !== undefined && !next.startsWith('--')) flags[match[1]] = args[(i += 1)];
    else flags[match[1]] = 'true';
  }
  return flags;
}

function portOf(text, name) {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65535) throw new Error(`--${name} must be a port number, not ${JSON.stringify(text)}.`);
  return port;
}

function functionsTarget(flags) {
  if (flags.functions_emulator_host === undefined || flags.functions_emulator_port === undefined) return null;
  return { host: flags.functions_emulator_host, port: portOf(flags.functions_emulator_port, 'functions_emulator_port') };
}

/** Start the server; resolves with the function that stops it. */
async function start(flags, env) {
  const host = flags.host ?? '127.0.0.1';
  const port = portOf(flags.port ?? '9000', 'port');
  const folder = flags.data ?? (env.PLAZZA_DATABASE_DATA || undefined);
  const delivery = new Delivery(functionsTarget(flags), log);
  const triggers = new Triggers((trigger, event) => delivery.send(trigger, event));
  if (folder !== undefined) await lockFolder(folder);
  const databases = new Databases({ folder, onCommit: (namespace, commit) => triggers.onCommit(namespace, commit) });
  const context = { databases, triggers, project: flags.project ?? env.GCLOUD_PROJECT, log };
  const server = http.createServer({ keepAliveTimeout: 65000 }, requestHandler(context));
  const closeSockets = acceptWebSockets(server, context);
  await new Promise((resolve, reject) => {
    server.on('error', reject);
    server.listen(port, host, resolve);
  });
  console.log(`Realtime Database stand-in: http://${host}:${server.address().port} (data ${folder === undefined ? 'in memory' : `in ${folder}`})`);
  return async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    closeSockets();
    server.closeIdleConnections();
    setTimeout(() => server.closeAllConnections(), GOODBYE_MS / 4).unref();
    await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, GOODBYE_MS))]);
    databases.close();
  };
}

async function main() {
  const parent = process.ppid;
  let stop;
  try {
    stop = await start(parseFlags(process.argv.slice(2)), process.env);
  } catch (error) {
    log(error.code === 'EADDRINUSE' ? `Port ${error.port} of ${error.address} is in use.` : error.message);
    process.exit(1);
  }
  let stopping = false;
  const end = async () => {
    if (stopping) return;
    stopping = true;
    await stop();
    process.exit(0);
  };
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
  if (process.env.PLAZZA_EXIT_WITH_STDIN === '1') {
    process.stdin.resume();
    process.stdin.on('end', end);
    process.stdin.on('error', end);
  }
  if (process.env.PLAZZA_EXIT_WITH_PARENT === '1') setInterval(() => process.ppid !== parent && end(), PARENT_CHECK_MS).unref();
}

await main();
