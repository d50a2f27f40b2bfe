/** The addresses of a server's hosted surfaces (docs/spec-kitty.md). */
export interface HostedSurfaces {
  readonly batchUrl: string;
  readonly healthUrl: string;
  readonly tokenUrl: string;
  readonly tokenRefreshUrl: string;
  readonly webSocketUrl: string;
  readonly trackerBaseUrl: string;
}

/**
 * Every surface below one canonical server address: same origin, its path in
 * front, its query behind. The slashes at the end matter to the server.
 */
export function surfacesOf(server: string): HostedSurfaces {
  return {
    batchUrl: below(server, '/api/v1/events/batch/'),
    healthUrl: below(server, '/api/v1/sync/health/'),
    tokenUrl: below(server, '/api/v1/token/'),
    tokenRefreshUrl: below(server, '/api/v1/token/refresh/'),
    webSocketUrl: below(server, '/ws/v1/events/').replace(/^http/, 'ws'),
    trackerBaseUrl: below(server, '/api/v1/tracker/'),
  };
}

function below(server: string, path: string): string {
  const query = server.indexOf('?');
  return query < 0 ? server + path : server.slice(0, query) + path + server.slice(query);
}
