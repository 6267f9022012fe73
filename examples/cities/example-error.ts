/** What the person who runs the example can do something about. */
export class ExampleError extends Error {}
