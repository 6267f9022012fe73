import { InvalidArgumentError, Option } from "commander";

/** Reads the URL of a server; gives it without a slash at its end. */
export function serverUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (
    url === undefined ||
    !/^https?:$/.test(url.protocol) ||
    url.search + url.hash + url.username + url.password !== ""
  ) {
    throw new InvalidArgumentError("It has to be a URL, such as http://127.0.0.1:8080.");
  }
  return url.href.replace(/\/+$/, "");
}

/** Makes the option for LiveDistApplicationSuffix (guide §7.2). */
export function suffixOption(): Option {
  return new Option("--suffix <suffix>", "LiveDistApplicationSuffix of the servers")
    .default("1")
    .argParser((text: string) => {
      if (!/^[\w-]*$/.test(text)) throw new InvalidArgumentError("It is made of letters, digits, - and _.");
      return text;
    });
}
