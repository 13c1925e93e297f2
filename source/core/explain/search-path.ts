/** Schemas of a search_path setting, such as `"$user", public`; `$user` is the role. */
export const schemasOf = (path: string, role: string): readonly string[] =>
	Array.from(path.matchAll(/"((?:[^"]|"")*)"|([^\s,"]+)/g), ({1: quoted, 2: plain}) => {
		const name = quoted === undefined ? (plain ?? '').toLowerCase() : quoted.replaceAll('""', '"');
		return name === '$user' ? role : name;
	});

/** A search_path with a schema, quoted if it needs to be, before those of another. */
export const pathWith = (schema: string, path: string): string => (path.trim() === '' ? schema : `${schema}, ${path}`);
