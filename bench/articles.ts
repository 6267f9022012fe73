import { deltaClass } from "../src/delta/delta-class.js";
import type { DeltaObject } from "../src/delta/delta-object.js";
import { float64, int32, string } from "../src/delta/field-types.js";
import { makeSchema } from "../src/delta/schema.js";
import { below, seededGuid, seededRandom, seededText } from "./random.js";

/** An entity of about 300 bytes. */
export const Article = deltaClass("Article", { title: string(), text: string(), stock: int32(), price: float64() });

export const articleSchema = makeSchema("articles-1", [Article]);

const BATCH = 1_000;
const UPDATED_MS = Date.UTC(2026, 0, 1);

/** Gives `count` entities that all have the topic `all`, in batches. */
export async function* generatedArticles(count: number, seed: number): AsyncGenerator<readonly DeltaObject[]> {
  const random = seededRandom(seed);
  const texts = Array.from({ length: 100 }, () => seededText(random, 200));
  for (let from = 0; from < count; from += BATCH) {
    yield Array.from({ length: Math.min(BATCH, count - from) }, (_, index) =>
      Article.delta({
        oper: "CREATE",
        techId: seededGuid(random),
        updateTime: new Date(UPDATED_MS + from + index),
        topics: ["all", `shelf${below(random, 100)}`],
        fields: {
          title: `Article ${from + index}`,
          text: texts[index % texts.length]!,
          stock: below(random, 1_000),
          price: random() * 100,
        },
      }),
    );
    await Promise.resolve();
  }
}
