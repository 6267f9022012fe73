import { once } from "node:events";
import { connect, type Socket } from "node:net";

const END_OF_HEAD = "\r\n\r\n";
const OK = "HTTP/1.1 200";

/** What is posted again and again: the bytes of a POST on a kept connection, and how many bytes answer it. */
export interface RepeatedPost {
  readonly port: number;
  readonly bytes: Buffer;
  readonly answerBytes: number;
}

/** Posts a body once and gives the post to be repeated. Its answer has to be as long each time, as it is for the same position. */
export async function preparePost(url: string, body: string): Promise<RepeatedPost> {
  const { host, port, pathname, search } = new URL(url);
  const path = url.endsWith("?") ? `${pathname}?` : pathname + search;
  const head = `POST ${path} HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}`;
  const bytes = Buffer.from(head + END_OF_HEAD + body, "latin1");
  const socket = await open(Number(port));
  socket.write(bytes);
  const answerBytes = await lengthOfAnswer(socket);
  socket.destroy();
  return { port: Number(port), bytes, answerBytes };
}

/** Connections that are kept from post to post, each with one post under way. A client that costs little: it counts bytes. */
export class PostLoad {
  readonly #sockets: readonly Socket[];
  readonly #post: RepeatedPost;

  private constructor(sockets: readonly Socket[], post: RepeatedPost) {
    this.#sockets = sockets;
    this.#post = post;
  }

  static async open(post: RepeatedPost, connections: number): Promise<PostLoad> {
    return new PostLoad(await Promise.all(Array.from({ length: connections }, () => open(post.port))), post);
  }

  /** Posts `count` times on each connection. */
  async run(count: number): Promise<void> {
    await Promise.all(this.#sockets.map((socket) => repeat(socket, this.#post, count)));
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}

async function open(port: number): Promise<Socket> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  await once(socket, "connect");
  return socket;
}

function repeat(socket: Socket, { bytes, answerBytes }: RepeatedPost, count: number): Promise<void> {
  let left = count;
  let missing = answerBytes;
  return new Promise((resolve, reject) => {
    const onClose = () => reject(new Error("the server closed the connection"));
    const onData = (piece: Buffer) => {
      if (missing === answerBytes && !piece.toString("latin1", 0, OK.length).startsWith(OK))
        reject(new Error(piece.toString("latin1")));
      missing -= piece.length;
      if (missing < 0) reject(new Error("an answer is longer than the first one"));
      if (missing > 0) return;
      missing = answerBytes;
      left--;
      if (left > 0) socket.write(bytes);
      else {
        socket.off("data", onData).off("close", onClose);
        resolve();
      }
    };
    socket.on("data", onData).on("close", onClose);
    socket.write(bytes);
  });
}

async function lengthOfAnswer(socket: Socket): Promise<number> {
  let text = "";
  for (;;) {
    const [piece] = (await once(socket, "data")) as [Buffer];
    text += piece.toString("latin1");
    const headEnd = text.indexOf(END_OF_HEAD) + END_OF_HEAD.length;
    const [, bodyBytes] = /content-length: (\d+)/i.exec(text) ?? [];
    if (bodyBytes === undefined || headEnd < END_OF_HEAD.length) continue;
    if (!text.startsWith(OK)) throw new Error(text);
    if (text.length === headEnd + Number(bodyBytes)) return text.length;
  }
}
