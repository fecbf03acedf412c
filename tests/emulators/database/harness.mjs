/** What the scenarios share: clients of the SDK, and waiting. Called as `node SCENARIO PORT NAMESPACE TOKEN`. */

import assert from 'node:assert/strict';
import { deleteApp, initializeApp } from 'firebase/app';
import { connectDatabaseEmulator, getDatabase, ref } from 'firebase/database';

const [port, ns, token] = process.argv.slice(2);
const apps = [];

/** A client; `mockUserToken: "owner"` is the administrator, none is nobody. */
export function client(mockUserToken) {
  const app = initializeApp({ projectId: 'demo', databaseURL: `http://127.0.0.1:${port}?ns=${ns}` }, `app${apps.length}`);
  apps.push(app);
  const database = getDatabase(app);
  connectDatabaseEmulator(database, '127.0.0.1', Number(port), mockUserToken === undefined ? {} : { mockUserToken });
  return { app, database, at: (path) => ref(database, path) };
}

export const asha = token;

/** Resolves once `holds()` does not throw; fails with its complaint after some seconds. */
export async function eventually(holds, withinMs = 5000) {
  for (const end = Date.now() + withinMs; ; await new Promise((resolve) => setTimeout(resolve, 10))) {
    try {
      return await holds();
    } catch (error) {
      if (Date.now() > end) throw error;
    }
  }
}

/** Write as the administrator, past the SDK. */
export async function putByRest(path, value) {
  const url = `http://127.0.0.1:${port}/${path}.json?ns=${ns}&print=silent`;
  const answer = await fetch(url, { method: 'PUT', body: JSON.stringify(value), headers: { authorization: 'Bearer owner' } });
  assert.equal(answer.status, 204);
}

/** Run a scenario; prints "ok" at its end. */
export async function run(scenario) {
  try {
    await scenario();
    console.log('ok');
  } catch (error) {
    console.log(error);
    process.exitCode = 1;
  }
  await Promise.all(apps.map((app) => deleteApp(app)));
  process.exit();
}

export { assert };
