/** Characters of a name that stands in a title or among other words: people and machines choose their own. */
const LONGEST_NAME = 80;

/** A name in at most 80 characters; the last of them says that there are more. */
export function shortened(name: string): string {
  const characters = [...name];
  return characters.length > LONGEST_NAME
    ? `${characters.slice(0, LONGEST_NAME - 1).join('')}…`
    : name;
}
