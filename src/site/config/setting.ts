/** A key that was given, with its value as text and the place it came from, as messages name it. */
export interface Setting {
  readonly name: string;
  readonly text: string;
  /** `web.config:12`, `environment` or `configuration object`. */
  readonly place: string;
}
