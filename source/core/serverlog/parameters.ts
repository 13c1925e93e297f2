import {masked} from '../sql/secrets.ts';

// Values as the server logs them: $1 = 'it''s', $2 = NULL; a long value ends with three dots before its quote.
const parameter = /\$(\d{1,5}) = '(?:[^']|'')*(?:'|$)/g;

const markOf = (number: string): string => `'pgtriage${number}'`;

/** Numbers of the parameters that a statement uses as secrets: the places whose literal would be masked. */
const secretParameters = (sql: string): ReadonlySet<string> => {
	const numbers = new Set(Array.from(sql.matchAll(/\$(\d{1,5})\b/g), ([, number = '']) => number));
	const filled = masked(sql.replace(/\$(\d{1,5})\b/g, (_, number: string) => markOf(number)));
	return new Set([...numbers].filter(number => !filled.includes(markOf(number))));
};

/**
 * A text with the values of parameters, as log_parameter_max_length and log_min_duration_statement write them, without those that
 * the statement uses as secrets. A parameter that the statement does not name, because it was cut, is masked.
 */
export const maskParameters = (text: string, sql: string): string => {
	if (!/\$\d{1,5} = '/.test(text)) return text;
	const secrets = secretParameters(sql);
	return text.replace(parameter, (whole, number: string) =>
		secrets.has(number) || !new RegExp(`\\$${number}\\b`).test(sql) ? `$${number} = '***'` : whole,
	);
};
