import { Cli, type CliOptions, type RunningCli } from '../support/cli.js';

/** A hub in a process of its own, on one home and one port, whatever happens to it. */
export class HubProcess {
  readonly cli: Cli;
  readonly #more: readonly string[];
  #port = 0;
  #running: RunningCli | undefined;

  /** `env` is that of its processes. */
  constructor(more: readonly string[] = [], env: Readonly<Record<string, string>> = {}) {
    this.cli = new Cli(env);
    this.#more = more;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get home(): string {
    return this.cli.home;
  }

  get running(): RunningCli {
    if (this.#running === undefined) throw new Error('the hub was not started');
    return this.#running;
  }

  /** Starts it, and waits until it listens. */
  async start(crash?: CliOptions['crash']): Promise<void> {
    await this.#listening(['--port', String(this.#port)], crash);
  }

  /** The same at the port that its config.toml names. */
  async startByConfig(): Promise<void> {
    await this.#listening([]);
  }

  async #listening(port: readonly string[], crash?: CliOptions['crash']): Promise<void> {
    const words = ['receive', ...port, ...this.#more];
    const running = this.cli.start(words, { crash });
    this.#running = running;
    await running.until(({ stdout }) => /"msg":"ready"/.test(stdout), 'a line that says ready');
    this.#port = Number(/"url":"http:\/\/127\.0\.0\.1:(\d+)"/.exec(running.stdout)?.[1]);
  }

  /** Waits until it was killed, and starts it again. */
  async again(crash?: CliOptions['crash']): Promise<void> {
    await this.running.exited;
    await this.start(crash);
  }

  /** Resolves once it is there, after a kill too. */
  listens(): Promise<void> {
    return this.#answers('/healthz', () => true);
  }

  /** Resolves once it can store events. */
  isReady(): Promise<void> {
    return this.#answers('/readyz', ({ ok }) => ok);
  }

  async #answers(path: string, isWanted: (answer: Response) => boolean): Promise<void> {
    const ask = (): Promise<boolean> => fetch(`${this.url}${path}`).then(isWanted, () => false);
    for (;;) if (await ask()) return;
  }

  /** SIGTERM; returns the exit code. */
  async stop(): Promise<number | null> {
    this.running.kill('SIGTERM');
    return (await this.running.exited).code;
  }
}
