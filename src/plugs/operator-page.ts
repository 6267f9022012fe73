/** What a page is asked with. */
export interface PageRequest {
  /** The token of the header `Authorization: Bearer`, or undefined. */
  readonly credentials: string | undefined;
}

export interface PageAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/**
 * A page for those who run a site, answered to GET beside the two servers (docs/operations.md). Who may see it is for the page to
 * ask the permit; the guards of all requests, on Host and length, stand before it.
 */
export interface OperatorPage {
  /** For instance "/metrics". */
  readonly path: string;
  /** Rejects with a LiveDistError, which is answered as that of any request. */
  answer(request: PageRequest): Promise<PageAnswer>;
}
