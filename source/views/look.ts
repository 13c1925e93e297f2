import type {Theme} from '../terminal/style.ts';

/** How views look: the theme, whether the terminal has colors, and whether borders are ASCII. */
export type Look = {readonly theme: Theme; readonly color: boolean; readonly ascii: boolean};
