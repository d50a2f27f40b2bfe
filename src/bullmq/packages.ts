import { QueuePackageError } from './errors.js';
import type { QueuePlace } from './place.js';

/** Loads one of the packages that this store needs. @throws QueuePackageError when it is not installed. */
export async function loaded<T>(
  { shown }: QueuePlace,
  needs: readonly string[],
  load: () => Promise<T>,
): Promise<T> {
  try {
    return await load();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND')
      throw new QueuePackageError(shown, needs);
    throw error;
  }
}
