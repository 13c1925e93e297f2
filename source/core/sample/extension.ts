/** The version of an extension as a number, for comparison and for ladders: 1.8 is 1008, 1.12 is 1012. */
export const extensionVersion = (text: string): number => {
	const [major = 0, minor = 0] = text.split('.').map(Number);
	return major * 1000 + minor;
};
