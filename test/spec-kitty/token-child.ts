import { createHash } from 'node:crypto';
import { createInterface } from 'node:readline';
import { App } from '../../src/app/app.js';
import { accessOf, shown } from './access-of.js';

// A process of its own that asks for a token when it is told to, and says what
// it got as a digest. Arguments: the home.
const app = new App({ home: process.argv[2], env: process.env });
const access = await accessOf(app);
console.log('ready');
const lines = createInterface({ input: process.stdin });
lines.once('line', async () => {
  console.log('asking');
  const answer = shown(await access.token());
  console.log(
    typeof answer === 'string' ? createHash('sha256').update(answer).digest('hex') : answer.message,
  );
  lines.close();
  await app.close();
});
