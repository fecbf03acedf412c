/** onValue, the child events, gets, merges, arrays, long messages and an unlisten. */

import { get, onChildAdded, onChildChanged, onChildRemoved, onValue, push, remove, set, update } from 'firebase/database';
import { assert, client, eventually, putByRest, run } from './harness.mjs';

await run(async () => {
  const [writer, watcher] = [client(), client()];
  await set(writer.at('open/o'), { a: 1, list: ['x', 'y'] });
  const values = [];
  const stop = onValue(watcher.at('open/o'), (snapshot) => values.push(snapshot.val()));
  await eventually(() => assert.deepEqual(values, [{ a: 1, list: ['x', 'y'] }]));

  const began = Date.now();
  await update(writer.at('open/o'), { a: 2, 'deep/er': true });
  await eventually(() => assert.deepEqual(values[1], { a: 2, list: ['x', 'y'], deep: { er: true } }));
  assert.ok(Date.now() - began < 1000, 'a change is seen within a second');
  await remove(writer.at('open/o/deep'));
  await eventually(() => assert.deepEqual(values[2], { a: 2, list: ['x', 'y'] }));
  assert.equal(values.length, 3, 'an update is one event');

  stop();
  await set(writer.at('open/o/a'), 99);
  assert.equal((await get(watcher.at('open/o/a'))).val(), 99);
  assert.equal((await get(watcher.at('open/nothing'))).exists(), false);
  assert.equal(values.length, 3, 'no event after the unlisten');

  const seen = [];
  for (const [name, on] of Object.entries({ added: onChildAdded, changed: onChildChanged, removed: onChildRemoved })) {
    on(watcher.at('open/list'), (snapshot) => seen.push(`${name} ${snapshot.key} ${snapshot.val()}`));
  }
  await get(watcher.at('open/list'));
  const first = push(writer.at('open/list'), 'one');
  await first;
  await set(first, 'two');
  await remove(first);
  await eventually(() => assert.deepEqual(seen, [`added ${first.key} one`, `changed ${first.key} two`, `removed ${first.key} two`]));

  // Several frames each way. What the SDK sends must not be cut inside a character by the SDK itself, hence plain letters there.
  const long = 'abc'.repeat(30000);
  const longs = [];
  onValue(watcher.at('open/long'), (snapshot) => longs.push(snapshot.val()));
  await set(writer.at('open/long'), { text: long });
  await eventually(() => assert.ok(longs.at(-1)?.text === long));
  const pairs = '本😀'.repeat(30000); // of three code units, so that frames of any even size would be cut inside one
  await putByRest('open/long/text', pairs);
  await eventually(() => assert.ok(longs.at(-1)?.text === pairs));
});
