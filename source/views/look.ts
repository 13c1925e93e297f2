import type {Theme} from '../terminal/style.ts';

/** How views look: the theme, whether the terminal has colours, and whether borders are ASCII. */
export type Look = {readonly theme: Theme; readonly colour: boolean; readonly ascii: boolean};
