/** A text as the filter language writes a literal value. */
export const literalValue = (text: string): string => `"${text.replaceAll('"', '""')}"`;
