// Writes docs/api.md from the declarations that are published: lib/*.d.ts, with their doc comments.
// `npm run api` makes these first. `node scripts/api.mjs LIB` prints the page of another lib/ instead.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

const HEAD = `# API reference

Every function, class and type that the package exports, with its promise, as the declarations of the package say it.
[embed.md](embed.md) shows how they are used, [receive.md](receive.md) the receiver kit.

Written by \`npm run api\` from the doc comments of the source.
`;

const ENTRIES = [
  ['index', 'redrain', 'Capture, drain and look, in a program.'],
  ['receive', 'redrain/receive', 'Receives what redrain sends.'],
  ['queue', 'redrain/queue', 'The job queue, for jobs of your own in a file of your own.'],
  ['entities', 'redrain/entities', 'The tables of journal.db as TypeORM entities. Only read them.'],
];

/** In this order; types that are only parts of others come last. */
const SECTIONS = [
  ['Functions', ({ kind, isExported }) => isExported && kind === 'function'],
  ['Classes', ({ kind, isExported, isError }) => isExported && kind === 'class' && !isError],
  ['Errors', ({ isExported, isError }) => isExported && isError],
  ['Types', ({ kind, isExported }) => isExported && !['function', 'class'].includes(kind)],
  ['Parts of these types', ({ isExported }) => !isExported],
];

/** A declaration at the top of a file: its comment as Markdown, and its code. */
function declarationsOf(text) {
  const aliases = new Map(
    [...text.matchAll(/^export \{ (\w+) as (\w+) \}/gm)].map(([, name, shown]) => [name, shown]),
  );
  const blocks = text.split(/\n\n(?=\/\*\*|export |declare )/);
  return blocks.flatMap((block) => {
    const [, comment = '', code] =
      /^(?:(\/\*\*[\s\S]*?\*\/)\n)?((?:export )?declare [\s\S]*)$/.exec(block) ?? [];
    const [, exported, kind, name] =
      /^(export )?declare (?:abstract )?(\w+) (\w+)/.exec(code ?? '') ?? [];
    if (name === undefined) return [];
    const shown = aliases.get(name) ?? name;
    const plain = code.replace(/^(export )?declare /, '').replaceAll(/\n\nexport \{[\s\S]*$/g, '');
    const isError = kind === 'class' && /Error$/.test(name);
    const isExported = exported !== undefined || aliases.has(name);
    const renamed = plain.replace(name, shown);
    return [{ name: shown, kind, isExported, isError, about: proseOf(comment), code: renamed }];
  });
}

/** What a doc comment says, as a paragraph or more of Markdown. */
function proseOf(comment) {
  const lines = comment
    .replace(/^\s*\/\*\*/, '')
    .replace(/\*\/\s*$/, '')
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, ''));
  return lines
    .join('\n')
    .trim()
    .replaceAll(/(^|\s)@throws (\w)/g, (_, before, first) => `${before}Throws ${first}`)
    .replaceAll(/<(?=\w)/g, '&lt;');
}

/** Overloads stand together: their code in one block, then what each of them promises. */
function byName(each) {
  const names = [...new Set(each.map(({ name }) => name))];
  return names.map((name) => {
    const those = each.filter((one) => one.name === name);
    const joined = (key, between) =>
      those
        .map((one) => one[key].trim())
        .filter(Boolean)
        .join(between);
    return { ...those[0], about: joined('about', '\n\n'), code: joined('code', '\n') };
  });
}

/** A class that does things is shown method by method, everything else as it is declared. */
function shown(one) {
  const about = one.about === '' ? '' : `${one.about}\n\n`;
  const methods = one.kind === 'class' && !one.isError ? methodsOf(one.code) : [];
  if (methods.length === 0) return `#### ${one.name}\n\n${about}${block(one.code)}`;
  const each = methods.map(({ name, about, code }) =>
    [`##### ${one.name}.${name}`, block(code), about].filter(Boolean).join('\n\n'),
  );
  return `#### ${one.name}\n\n${about}${each.join('\n\n')}`;
}

/** Public members with a comment or arguments; those of one name stand together. */
function methodsOf(code) {
  const MEMBER =
    /^ {4}(?:(\/\*\*[\s\S]*?\*\/)\n {4})?((?:get |set )?(\w+)\b[^\n]*(?:\n {5,}[^\n]*|\n {4}\}[^\n]*)*)$/gm;
  const found = [...code.matchAll(MEMBER)].map(([, comment = '', member, name]) => ({
    name: name === 'readonly' ? (/readonly (\w+)/.exec(member)?.[1] ?? name) : name,
    about: proseOf(comment),
    code: member,
  }));
  const members = found.filter(({ code: member }) => !/^(private |constructor\b)/.test(member));
  return members.some(({ code: member }) => member.includes('(')) ? byName(members) : [];
}

const block = (code) => `\`\`\`ts\n${code.trim().replaceAll(/^( {4})+/gm, halved)}\n\`\`\``;
const halved = (indent) => ' '.repeat(indent.length / 2);

function page(lib) {
  const parts = ENTRIES.map(([file, name, about]) => {
    const all = declarationsOf(readFileSync(join(lib, `${file}.d.ts`), 'utf8'));
    const sections = SECTIONS.flatMap(([title, belongs]) => {
      const those = byName(all.filter(belongs));
      return those.length === 0 ? [] : [`### ${title} of ${name}`, ...those.map(shown)];
    });
    return [`## ${name}`, about, ...sections].join('\n\n');
  });
  return `${[HEAD.trim(), ...parts].join('\n\n')}\n`;
}

const [elsewhere] = process.argv.slice(2);
if (elsewhere === undefined) writeFileSync(join(root, 'docs', 'api.md'), page(join(root, 'lib')));
else process.stdout.write(page(elsewhere));
