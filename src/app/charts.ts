import { type Growth, noGrowth } from '../reports/growth.js';
import type { PostRow } from '../reports/post-series.js';
import type { App } from './app.js';

/** How many events had been captured before each of these moments (epoch milliseconds). Changes nothing. */
export function readGrowth(app: App, moments: readonly number[]): Promise<Growth> {
  return app.readingStores(
    async (stores) => (await stores?.reports.growth(moments)) ?? noGrowth(moments),
  );
}

/** The latest `limit` posts to a known target, newest first. Changes nothing. */
export function readPosts(app: App, targetId: number, limit: number): Promise<PostRow[]> {
  return app.readingStores(async (stores) => (await stores?.reports.posts(targetId, limit)) ?? []);
}
