import { deltaClass, type IDeltaObjectsReader, makeSchema, type SqlRow, string } from "livedist";

/** A row of the table `orders`, as far as it is distributed. */
export interface OrderRow {
  readonly id: string;
  readonly customer: string;
  readonly status: string;
}

export const Order = deltaClass("Order", { customer: string(), status: string() });
export const schema = makeSchema("orders-1", [Order]);

/** Gives the topics under which an order is distributed: clients' slices are made of these. */
export function topicsOf({ customer, status }: Omit<OrderRow, "id">): string[] {
  return [`customer-${customer}`, status];
}

/** What a server fills its cache with when it starts: every row, as of one moment. */
export const reader: IDeltaObjectsReader = {
  async *readAll(snapshot) {
    const batches = snapshot.stream("SELECT id, customer, status, changed FROM orders");
    for await (const rows of batches) yield rows.map(toEntity);
  },
};

function toEntity(row: SqlRow) {
  const [customer, status] = [String(row["customer"]), String(row["status"])];
  return Order.delta({
    oper: "CREATE",
    techId: String(row["id"]).toLowerCase(),
    updateTime: new Date(Number(row["changed"])),
    topics: topicsOf({ customer, status }),
    fields: { customer, status },
  });
}

/** Makes the delta-object of a changed status: what has changed, and the topics before and after. */
export function statusChange(before: OrderRow, status: string, changed: Date) {
  return Order.delta({
    oper: "UPDATE",
    techId: before.id.toLowerCase(),
    updateTime: changed,
    topics: topicsOf({ ...before, status }),
    oldTopics: topicsOf(before),
    fields: { status },
  });
}
