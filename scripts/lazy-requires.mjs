// A Rollup plugin for CommonJS: what a file of the bundle needs of others and of
// packages is loaded where it is first used, and not with the file.
import { parseAst } from 'rollup/parseAst';

const REQUIRE = /^var ([\w$]+) = require\('([^']+)'\);$/gm;

export const lazyRequires = { name: 'lazy requires', renderChunk: withLazyRequires };

function withLazyRequires(code) {
  const required = new Map([...code.matchAll(REQUIRE)].map(([, name, request]) => [name, request]));
  if (required.size === 0) return null;
  let result = code;
  // In brackets, because of `new name().Class()`.
  for (const { start, end, name } of usesOf(parseAst(code), required).sort(lastFirst))
    result = `${result.slice(0, start)}(${name}())${result.slice(end)}`;
  return { code: result.replaceAll(REQUIRE, loadedOnce), map: null };
}

const lastFirst = (one, other) => other.start - one.start;

function loadedOnce(_, name, request) {
  const loaded = `${name}$loaded`;
  return `var ${loaded}; function ${name}() { return ${loaded} ??= require('${request}'); }`;
}

/** The places that read one of these variables of the file. */
function usesOf(tree, required) {
  const places = [];
  const visit = (node, hidden, parent, key) => {
    if (node?.type === 'Identifier') {
      const isOurs = required.has(node.name) && !hidden.has(node.name);
      if (isOurs && isVariable(parent, key)) places.push(node);
      return;
    }
    const own = declaredBy(node).filter((name) => required.has(name));
    const inside = own.length > 0 ? new Set([...hidden, ...own]) : hidden;
    for (const [name, child] of childrenOf(node)) visit(child, inside, node, name);
  };
  const statements = tree.body.filter(({ declarations }) => !isRequire(declarations));
  for (const statement of statements) visit(statement, new Set(), tree, 'body');
  return places;
}

function childrenOf(node) {
  const isNode = (value) => typeof value?.type === 'string';
  return Object.entries(node).flatMap(([name, value]) =>
    [value].flat().flatMap((one) => (isNode(one) ? [[name, one]] : [])),
  );
}

const isRequire = (declarations) => declarations?.[0].init?.callee?.name === 'require';

function isVariable(parent, key) {
  // `{ name }` would have to become `{ name: name() }`.
  if (parent.type === 'Property' && parent.shorthand)
    throw new Error('a property is written short');
  return (key !== 'property' && key !== 'key' && key !== 'label') || parent.computed === true;
}

/** Names of a scope of its own. Rollup gives them others when the file's own are used inside. */
function declaredBy(node) {
  const inside = node.type === 'CatchClause' ? [node.param] : (node.params ?? []);
  const names = [...inside, ...(node.id && !node.init ? [node.id] : [])].flatMap(namesIn);
  const statements = Array.isArray(node.body) ? node.body : [node.init, node.left];
  return [...names, ...statements.flatMap(namesDeclared)];
}

function namesDeclared(statement) {
  if (statement?.type === 'VariableDeclaration')
    return statement.declarations.flatMap(({ id }) => namesIn(id));
  return /^(Function|Class)Declaration$/.test(statement?.type ?? '') ? namesIn(statement.id) : [];
}

/** The names that a pattern declares. */
function namesIn(pattern) {
  if (pattern === null || pattern === undefined) return [];
  if (pattern.type === 'Identifier') return [pattern.name];
  if (pattern.type === 'ObjectPattern')
    return pattern.properties.flatMap((one) => namesIn(one.value ?? one.argument));
  if (pattern.type === 'ArrayPattern') return pattern.elements.flatMap(namesIn);
  return namesIn(pattern.left ?? pattern.argument);
}
