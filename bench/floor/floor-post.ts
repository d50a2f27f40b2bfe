import http from 'node:http';

/** What came back from one POST. */
export interface FloorAnswer {
  readonly status: number;
  readonly body: Buffer;
}

/** Posts to one address over one connection that is kept alive. */
export class FloorPost {
  readonly #agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  send(body: Buffer): Promise<FloorAnswer> {
    const headers = { 'Content-Type': 'application/json', 'Content-Length': body.length };
    return new Promise((resolve, reject) => {
      const options = { method: 'POST', agent: this.#agent, headers };
      const request = http.request(this.#url, options, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks) }),
        );
      });
      request.on('error', reject);
      request.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
