/** A request's header fields, names in lower case. */
export type HeaderFields = Readonly<Record<string, string | string[] | undefined>>;
