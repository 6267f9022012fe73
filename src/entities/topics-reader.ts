/** Reads topics-lists, which were checked when they were written; those of one batch that are the same share an array. */
export class TopicsReader {
  readonly #known = new Map<string, readonly string[]>();

  read(text: string): readonly string[] {
    let topics = this.#known.get(text);
    if (topics === undefined) this.#known.set(text, (topics = text.length < 2 ? [] : text.slice(1, -1).split(",")));
    return topics;
  }
}
