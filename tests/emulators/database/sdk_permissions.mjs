/** Rules towards clients: who is refused what, and a listener that loses its permission. */

import { get, onDisconnect, onValue, runTransaction, set, update } from 'firebase/database';
import { asha, assert, client, eventually, run } from './harness.mjs';

const refused = (promise) => assert.rejects(promise, /permission.denied/i);

await run(async () => {
  const [owner, signedIn, nobody] = [client('owner'), client(asha), client()];
  await set(signedIn.at('orders/asha'), { status: 'placed' });
  await refused(set(signedIn.at('orders/ravi'), 1));
  await refused(set(nobody.at('orders/asha'), 1));
  await refused(update(signedIn.at('orders'), { asha: 1, ravi: 1 }));
  await refused(runTransaction(nobody.at('orders/asha'), () => 1));
  await refused(get(nobody.at('orders/asha')));
  await refused(onDisconnect(nobody.at('orders/asha')).remove());
  assert.equal((await get(owner.at('orders'))).child('asha/status').val(), 'placed');

  const denied = [];
  onValue(nobody.at('orders/asha'), () => assert.fail('must not be told'), (error) => denied.push(error.code ?? error.message));
  await eventually(() => assert.match(String(denied), /permission.denied/i));

  await set(owner.at('members/asha'), true);
  await set(owner.at('room'), 'hello');
  const [values, lost] = [[], []];
  onValue(signedIn.at('room'), (snapshot) => values.push(snapshot.val()), (error) => lost.push(error));
  await eventually(() => assert.deepEqual(values, ['hello']));
  await update(owner.at('/'), { 'members/asha': null, room: 'secret' });
  await eventually(() => assert.equal(lost.length, 1));
  assert.deepEqual(values, ['hello'], 'what came with the loss is not told');
});
