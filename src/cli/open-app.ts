import { App } from '../app/app.js';
import type { CommandCall } from './command.js';

/** The program on the home that the command line names; closed when the work is done. */
export async function withApp<T>(call: CommandCall, work: (app: App) => Promise<T>): Promise<T> {
  const { home, unsafeHome } = call.globals;
  const app = new App({ home, unsafeHome: unsafeHome === true });
  try {
    return await work(app);
  } finally {
    await app.close();
  }
}
