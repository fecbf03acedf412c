/** Transactions of several clients, server values, and writes planned for the disconnect. */

import { get, goOffline, goOnline, increment, onDisconnect, onValue, runTransaction, serverTimestamp, set, update } from 'firebase/database';
import { assert, client, eventually, run } from './harness.mjs';

await run(async () => {
  const clients = [client(), client('owner'), client()];
  await Promise.all(clients.map(async ({ at }) => {
    for (let i = 0; i < 10; i += 1) {
      const { committed } = await runTransaction(at('open/counter'), (value) => (value ?? 0) + 1);
      assert.ok(committed);
    }
  }));
  assert.equal((await get(clients[0].at('open/counter'))).val(), 30);

  await set(clients[1].at('open/stock'), { a: { left: 0.1, name: 'ä' }, b: [true, 'x', -3e20] });
  const result = await runTransaction(clients[2].at('open/stock'), (stock) => (stock === null ? stock : { ...stock, done: true }));
  assert.equal(result.snapshot.child('done').val(), true, 'hashes of all kinds of values agree');
  const aborted = await runTransaction(clients[2].at('open/stock'), () => undefined);
  assert.equal(aborted.committed, false);

  const [writer, leaver] = [clients[0], clients[2]];
  await set(writer.at('open/v'), { at: serverTimestamp(), n: 5 });
  await update(writer.at('open/v'), { n: increment(2) });
  const { at, n } = (await get(leaver.at('open/v'))).val();
  assert.ok(Math.abs(at - Date.now()) < 5000);
  assert.equal(n, 7);

  await onDisconnect(leaver.at('open/online')).set(false);
  await onDisconnect(leaver.at('open/seen')).update({ last: serverTimestamp(), 'by/name': 'x' });
  await onDisconnect(leaver.at('open/kept')).remove();
  await onDisconnect(leaver.at('open/kept')).cancel();
  await set(leaver.at('open/kept'), 1);
  await set(leaver.at('open/online'), true);
  const states = [];
  onValue(writer.at('open/online'), (snapshot) => states.push(snapshot.val()));
  await eventually(() => assert.deepEqual(states, [true]));
  goOffline(leaver.database);
  await eventually(() => assert.deepEqual(states, [true, false]));
  assert.equal(typeof (await get(writer.at('open/seen/last'))).val(), 'number');
  assert.equal((await get(writer.at('open/kept'))).val(), 1);

  await set(writer.at('open/online'), 'again');
  goOnline(leaver.database);
  await eventually(async () => assert.equal((await get(leaver.at('open/online'))).val(), 'again'));
});
