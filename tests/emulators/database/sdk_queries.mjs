/** Listeners of queries: the window moves as data comes, changes and goes. */

import { endAt, equalTo, get, limitToLast, limitToFirst, onValue, orderByChild, orderByKey, orderByPriority, orderByValue, query, remove, set, setWithPriority, startAfter, startAt } from 'firebase/database';
import { assert, client, eventually, run } from './harness.mjs';

await run(async () => {
  const [writer, watcher] = [client('owner'), client()];
  const rows = { a: { rank: 1 }, b: { rank: 5 }, c: { rank: 3 }, d: { rank: 4 } };
  await set(writer.at('open/rows'), rows);
  const keysOf = (snapshot) => {
    const keys = [];
    snapshot.forEach((child) => void keys.push(child.key));
    return keys.join('');
  };
  const watch = (...constraints) => {
    const seen = [];
    onValue(query(watcher.at('open/rows'), ...constraints), (snapshot) => seen.push(keysOf(snapshot)));
    return seen;
  };
  const top = watch(orderByChild('rank'), limitToLast(2));
  const first = watch(orderByKey(), limitToFirst(2));
  const middle = watch(orderByChild('rank'), startAt(3), endAt(4));
  const after = watch(orderByChild('rank'), startAfter(3));
  const last = (expected) => eventually(() => assert.deepEqual([top, first, middle, after].map((seen) => seen.at(-1)), expected));

  await last(['db', 'ab', 'cd', 'db']);
  await set(writer.at('open/rows/e'), { rank: 9 });
  await last(['be', 'ab', 'cd', 'dbe']);
  await set(writer.at('open/rows/a/rank'), 3.5);
  await last(['be', 'ab', 'cad', 'adbe']);
  await remove(writer.at('open/rows/e'));
  await last(['db', 'ab', 'cad', 'adb']);
  await remove(writer.at('open/rows/a'));
  await last(['db', 'bc', 'cd', 'db']);
  await set(writer.at('open/rows'), null);
  await last(['', '', '', '']);

  await set(writer.at('open/scores'), { x: 3, y: 'text', z: true, 10: 1, 9: 1 });
  const scores = async (...constraints) => keysOf(await get(query(writer.at('open/scores'), ...constraints)));
  assert.equal(await scores(orderByValue()), 'z910xy');
  assert.equal(await scores(orderByValue(), equalTo(1)), '910');
  assert.equal(await scores(orderByValue(), startAt(1, '91')), 'xy');
  assert.equal(await scores(orderByKey(), startAt('x'), endAt('y')), 'xy');
  await setWithPriority(writer.at('open/scores/x'), 7, 1);
  assert.equal((await get(query(watcher.at('open/scores'), orderByPriority(), startAt(1)))).child('x').priority, 1);
});
