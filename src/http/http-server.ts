import type { HttpServerOptions, HttpServing, IHttpServer } from "../plugs/http-server.js";
import type { LiveDistService } from "../wire/live-dist-service.js";
import { serveHttp } from "./serve-http.js";

/** Serves over HTTP and WebSockets what `HttpClient` asks (guide §5.2, §7.3; docs/protocol.md). */
export class HttpServer implements IHttpServer {
  listen(service: LiveDistService, options: HttpServerOptions): Promise<HttpServing> {
    return serveHttp(service, options);
  }
}
