/**
 * A customer's app: signs in, follows its orders over the SDK's WebSocket and prints each state it is told, a line of JSON each.
 * Called as `node SCRIPT AUTH_HOST DATABASE_HOST NAMESPACE CUSTOM_TOKEN STRANGER_UID`; ends with its input.
 */

import { initializeApp } from 'firebase/app';
import { connectAuthEmulator, getAuth, signInWithCustomToken } from 'firebase/auth';
import { connectDatabaseEmulator, getDatabase, onValue, ref, set } from 'firebase/database';

const [authHost, databaseHost, ns, customToken, stranger] = process.argv.slice(2);
const print = (line) => console.log(JSON.stringify({ atMs: Date.now(), ...line }));
const refusal = (error) => error.code ?? error.message;

const app = initializeApp({ apiKey: 'local', projectId: ns, databaseURL: `http://${databaseHost}?ns=${ns}` });
connectAuthEmulator(getAuth(app), `http://${authHost}`, { disableWarnings: true });
const { user } = await signInWithCustomToken(getAuth(app), customToken);
print({ signedIn: user.uid });

const database = getDatabase(app);
const [host, port] = databaseHost.split(':');
connectDatabaseEmulator(database, host, Number(port));
onValue(ref(database, `orders/${user.uid}`), (orders) => print({ orders: orders.val() }), (error) => print({ failed: refusal(error) }));
onValue(ref(database, `orders/${stranger}`), () => print({ failed: 'read what is another person\'s' }), (error) => print({ refusedRead: refusal(error) }));
set(ref(database, `orders/${user.uid}/made-up`), { status: 'delivered' }).then(
  () => print({ failed: 'wrote its own order' }),
  (error) => print({ refusedWrite: refusal(error) }),
);

process.stdin.resume().on('end', () => process.exit());
