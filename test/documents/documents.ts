import { globSync } from 'tinyglobby';

/** Every document of this repository, by its path from the root. */
export const documents = (): string[] =>
  globSync(['*.md', 'docs/**/*.md', 'examples/**/*.md', 'bench/**/*.md']).sort();
