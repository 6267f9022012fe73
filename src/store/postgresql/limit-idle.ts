/**
 * Ends a transaction, as a part of a SELECT in it, whose client stands still for longer than others wait for a lock (busyMsMax): for
 * transactions of the store's own that hold a lock which all servers of the site need.
 */
export const limitIdle = "set_config('idle_in_transaction_session_timeout', current_setting('lock_timeout'), true)";
