export type Call = (this: unknown, ...given: unknown[]) => unknown;

/** Counts what this process waits for from its databases, so that a simulated time can wait for it too. */
export class DatabaseWork {
  #pending = 0;
  #idle: (() => void)[] = [];

  /** Gives a promise that resolves when nothing is waited for, or undefined where nothing is. */
  whenIdle(): Promise<void> | undefined {
    if (this.#pending === 0) return undefined;
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  /** Counts one thing more, until the function that it gives is called. */
  begin(): () => void {
    this.#pending++;
    return () => {
      if (--this.#pending > 0) return;
      for (const resolve of this.#idle.splice(0)) resolve();
    };
  }

  /** Counts the calls of methods of every object of a class until their promises are settled, or their callbacks called. */
  countCalls(prototype: object, names: readonly string[]): void {
    const methods = prototype as Record<string, Call>;
    const begin = (): (() => void) => this.begin();
    for (const name of names) {
      const method = methods[name]!;
      methods[name] = function (...given) {
        const callback = given.at(-1);
        if (typeof callback === "function") {
          const end = begin();
          const ended: Call = (...result) => {
            end();
            return (callback as Call)(...result);
          };
          return method.apply(this, [...given.slice(0, -1), ended]);
        }
        const result = method.apply(this, given);
        if (result instanceof Promise) {
          const end = begin();
          result.then(end, end);
        }
        return result;
      };
    }
  }
}
