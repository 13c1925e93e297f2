import {type Finding, isAlarming, toneOf} from '../../core/pane/finding.ts';
import {line, type Parts} from '../../core/text/line.ts';
import {plural} from '../../core/text/words.ts';

/** Alarm line of the header: the worst finding, the number of others, and the key that lists them. */
export const alarmParts = (findings: readonly Finding[]): Parts => {
	const [worst] = findings;
	if (!worst || !isAlarming(worst)) {
		const notices = plural(findings.length, 'notice');
		return [line('No trouble found', 'dim'), ...(findings.length > 0 ? [line(`${notices}, press 0`, 'dim')] : [])];
	}
	const more = findings.filter(isAlarming).length - 1;
	return [
		line(`${worst.severity}: ${worst.summary}`, toneOf[worst.severity]),
		...(more > 0 ? [line(`+${more} more, press 0`, 'dim')] : [line('press 0 for more', 'dim')]),
	];
};
