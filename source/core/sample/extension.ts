/** The version of an extension as a number, for comparison and for ladders: 1.8 is 1008, 1.12 is 1012. */
export const extensionVersion = (text: string): number => {
	const [major = 0, minor = 0] = text.split('.').map(Number);
	return major * 1000 + minor;
};

/** The text of such a number: 1008 is 1.8. */
export const extensionVersionText = (version: number): string => `${Math.floor(version / 1000)}.${version % 1000}`;

/** The remedy for an extension whose installed version is not the one that its library expects; undefined if it is as new as can be. */
export const extensionUpdate = (name: string, installed: string, available: string | null): string | undefined => {
	if (available === null) return `Install the files of ${name} on the server.`;
	return extensionVersion(installed) < extensionVersion(available)
		? `Version ${installed} is installed, and the server has ${available}. As its owner: ALTER EXTENSION ${name} UPDATE`
		: undefined;
};
