import { namesIn } from '../support/markdown.js';

/** Words of one command line, comments, pipes and redirections left out. */
export type CommandWords = readonly string[];

/** Every `redrain …` in a text: in backticks, and in the lines of its blocks. */
export function commandsTyped(text: string): CommandWords[] {
  // Blocks of every language are read, so that the end of one is not taken for a beginning.
  const blocks = [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].filter(([, language = '']) =>
    TYPED.has(language),
  );
  const lines = blocks.flatMap(([, , code]) => (code ?? '').replaceAll('\\\n', ' ').split('\n'));
  const prose = text.replaceAll(/^```[\s\S]*?^```$/gm, '');
  const spans = namesIn(prose.replaceAll(/\s+/g, ' '));
  return [...lines, ...spans.filter((span) => /^(npx )?redrain /.test(span))].flatMap(inLine);
}

/** Languages of blocks that hold command lines. */
const TYPED: ReadonlySet<string> = new Set(['sh', 'console', 'cron', '']);

function inLine(line: string): CommandWords[] {
  const simple = line.replace(/(^|\s)#.*$/, '').split(/&&|\|\||[|;<>()]/);
  return simple.flatMap((command) => {
    const words: readonly string[] = command.match(/"[^"]*"|'[^']*'|[^\s"']+/g) ?? [];
    const at = words.lastIndexOf('redrain');
    const isCommand = words.slice(0, at).every((word) => LEADS.test(word));
    return at < 0 || !isCommand ? [] : [words.slice(at + 1)];
  });
}

/** What may stand before the command: a prompt, an assignment, the time of a crontab, a container. */
const LEADS =
  /^(\$|npx|env|sudo|-u|docker|run|--rm|-[iv]|\w+:\/\S+|[A-Z_]+=\S*|[\d*/,-]+|redrain)$/;
